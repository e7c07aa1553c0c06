"""The mail of Marie Martin and of the functional mailbox, less varied than Jean Dupont's."""

from __future__ import annotations

import unicodedata

from courriel_demo.attachments import csv, docx, pdf
from courriel_demo.letters import Letter, Person
from courriel_demo.newsletters import Story, newsletter
from courriel_demo.people import (
    ANDRE,
    CANTEEN,
    CELINE,
    COMPUTING,
    FATOU,
    HOSPITAL,
    JEAN,
    LETTER,
    LIBRARY,
    LOIC,
    MARIE,
    NADIA,
    PAUL,
    SCHOOL,
    STAFF,
    SUPPLIER,
    TOWN_HALL,
)

_ISSUE = newsletter(
    "La lettre de l’administration",
    "#005a9c",
    (
        Story(
            "Accueil du public",
            "Une charte en huit points, affichée dès ce mois dans tous les guichets.",
            "charte",
        ),
        Story("Portrait", "Une journée avec une régisseuse de piscine municipale.", "portrait"),
    ),
)

MARIE_LETTERS = (
    Letter(
        0.05,
        JEAN,
        "Dossier de la piscine",
        "Marie,\n\nTu as encore le dossier de la régie de la piscine ? Je l’ai cherché partout.\n\nJean\n",
    ),
    Letter(0.3, LETTER, "Accueil du public : la charte est là", *_ISSUE),
    Letter(
        1.5,
        NADIA,
        "Échange de permanence",
        "Bonjour Marie,\n\nPeux-tu prendre ma permanence de jeudi ? Je prends la tienne lundi.\n\n"
        "Merci !\nNadia\n",
    ),
    Letter(
        3.2,
        STAFF,
        "Votre demande de télétravail est acceptée",
        "Bonjour,\n\nVotre demande de télétravail, deux jours par semaine, est acceptée à compter du "
        "1er.\nL’avenant est "
        "joint.\n\nLe pôle ressources humaines\n",
        attachments=(pdf("avenant télétravail.pdf", "Avenant", ["Télétravail : mardi et vendredi."]),),
    ),
    Letter(
        6.4, CANTEEN, "Menus de la semaine", "Lundi : hachis\nMardi : poisson\nMercredi : bœuf aux carottes\n"
    ),
    Letter(
        10.6,
        LIBRARY,
        "Votre réservation est arrivée",
        "Bonjour,\n\n« Les Oiseaux du canal » vous attend à l'accueil pendant dix jours.\n\nLa médiathèque\n",
        charset="iso-8859-1",
    ),
    Letter(
        16.9,
        COMPUTING,
        "Votre nouveau poste est prêt",
        "Bonjour,\n\nVotre portable est à retirer au bureau 15, avec votre badge.\n\n"
        "L’assistance informatique\n",
    ),
)


def _request(age: float, town: str, person: str, topic: str) -> Letter:
    """Write a citizen's or a town's question, as a functional mailbox gets them all day."""
    text = (
        f"Bonjour,\n\nJe vous écris au sujet de : {topic}.\nPouvez-vous me dire où en est ma demande ?\n\n"
        f"Avec mes remerciements,\n{person}, {town}\n"
    )
    plain = unicodedata.normalize("NFD", person).encode("ascii", "ignore").decode()
    address = plain.lower().replace(" ", ".")
    return Letter(age, Person(person, f"{address}@example.org"), topic[0].upper() + topic[1:], text)


SERVICE_LETTERS = (
    Letter(
        0.03,
        TOWN_HALL,
        "Rejet du mandat n° 512",
        "Bonjour,\n\nLe mandat 512 nous est revenu. Le relevé d’identité bancaire corrigé est joint.\n\n"
        "La comptabilité\n",
        attachments=(
            pdf("RIB corrigé.pdf", "Relevé d’identité", ["Commune de Saint-Exemple", "Compte factice"]),
        ),
    ),
    _request(0.2, "Saint-Exemple", "Noémie Caron", "délai de paiement de la cantine"),
    _request(0.5, "Val-Modèle", "Gaëtan Brun", "reçu de la taxe de séjour"),
    Letter(
        1.2,
        SCHOOL,
        "Liste des impayés du trimestre",
        "Bonjour,\n\nLa liste est jointe, au format tableur.\n\nL’intendance\n",
        attachments=(csv("impayés.csv", [("Famille", "Montant"), ("A…", "42,00"), ("B…", "18,50")]),),
    ),
    _request(1.6, "Saint-Exemple", "Thérèse Aubry", "changement d’adresse"),
    Letter(
        2.1, COMPUTING, "Le copieur du 2e étage est réparé", "Bonjour,\n\nLe copieur fonctionne de nouveau.\n"
    ),
    _request(2.7, "Bourg-l’Exemple", "Aïda Koné", "double facturation de l’eau"),
    Letter(
        3.4,
        HOSPITAL,
        "Convention de mandat",
        "Bonjour,\n\nLe projet de convention est joint. Vos remarques sont attendues sous quinze jours.\n"
        "\nLa régie\n",
        attachments=(
            docx("projet de convention.docx", ["Convention", "Article 1er – Objet", "Article 2 – Durée"]),
        ),
    ),
    _request(4.5, "Val-Modèle", "Hervé Pons", "attestation de paiement"),
    Letter(
        5.3,
        FATOU,
        "Pour le service : modèle de réponse",
        "Bonjour,\n\nVoici un modèle de réponse, à adapter.\n\nFatou\n",
    ),
    _request(7.4, "Saint-Exemple", "Solène Girard", "remboursement d’un trop-perçu"),
    Letter(
        8.6,
        SUPPLIER,
        "Livraison retardée",
        "Bonjour,\n\nVotre livraison aura deux jours de retard. Pardon !\n",
    ),
    Letter(
        9.3,
        PAUL,
        "Qui répond aux mairies cette semaine ?",
        "Bonjour à tous,\n\nMerci de vous répartir.\n\nPaul\n",
    ),
    Letter(
        9.6,
        ANDRE,
        "RE: Qui répond aux mairies cette semaine ?",
        "Je m’en charge jusqu’à mercredi.\n\nAndré\n",
        answers="Qui répond aux mairies cette semaine ?",
    ),
    _request(11.5, "Bourg-l’Exemple", "Inès Maréchal", "échéancier de la taxe"),
    Letter(12.3, CELINE, "Tampon égaré", "Bonjour,\n\nQui a le tampon « Vu et vérifié » ?\n\nCéline\n"),
    Letter(
        12.5,
        MARIE,
        "RE: Tampon égaré",
        "Il était dans ma trousse, je le rapporte.\n\nMarie\n",
        answers="Tampon égaré",
    ),
    _request(14.8, "Val-Modèle", "Rémi Chauvin", "relance reçue par erreur"),
    Letter(
        17.7, LOIC, "Affichage des horaires", "Bonjour,\n\nLes nouvelles affiches sont en place.\n\nLoïc\n"
    ),
    _request(19.6, "Saint-Exemple", "Zoé Perrin", "reçu fiscal"),
)

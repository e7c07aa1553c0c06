"""Jean Dupont's ordinary mail: colleagues, services, towns. Plain text in its many encodings, and files."""

from __future__ import annotations

from courriel_demo.attachments import Attachment, archive, bar_chart, csv, docx, noise, pdf
from courriel_demo.letters import Letter
from courriel_demo.people import (
    ANDRE,
    CANTEEN,
    CELINE,
    COMPUTING,
    FATOU,
    HELENE,
    HOSPITAL,
    INGRID,
    LIBRARY,
    LOIC,
    MARIE,
    NADIA,
    PAUL,
    SCHOOL,
    STAFF,
    SUPPLIER,
    TOWN_HALL,
    TRAINING,
)

_BUDGET = csv(
    "budget prévisionnel été.csv",
    [
        ("Chapitre", "Libellé", "Prévu", "Réalisé"),
        ("011", "Charges à caractère général", "48 200,00", "31 905,40"),
        ("012", "Charges de personnel", "212 000,00", "158 774,12"),
        ("65", "Autres charges de gestion", "12 500,00", "9 310,00"),
    ],
)
_MINUTES = docx(
    "Compte rendu réunion de service.docx",
    [
        "Réunion de service",
        "Présents : C. Lefèvre, A. Beauséjour, F. Diallo, J. Dupont.",
        "Le calendrier de clôture est arrêté. Chacun vérifie ses restes à recouvrer avant le 15.",
        "Prochaine réunion : le premier mardi du mois.",
    ],
)
_INVOICE = pdf(
    "Facture n° 2026-0417.pdf",
    "Papeterie du Canal – facture 2026-0417",
    [
        "40 ramettes A4 80 g        168,00 €",
        "12 boîtes d’archives         54,00 €",
        "",
        "Total TTC : 266,40 €",
    ],
)
_TITLE = pdf(
    "titre de recettes (école).pdf",
    "Titre de recettes n° 118",
    ["Collectivité : Saint-Exemple", "Objet : restauration scolaire, mars", "Montant : 1 284,50 €"],
)

LETTERS = (
    Letter(
        0.02,
        CELINE,
        "Tu déjeunes avec nous ?",
        "Bonjour Jean,\n\nNous descendons à 12 h 15 avec André et Fatou. On t’attend devant l’ascenseur "
        "?\n\nCéline\n",
    ),
    Letter(
        0.06,
        COMPUTING,
        "Maintenance de la messagerie jeudi de 20 h à 22 h",
        "Bonjour,\n\nLa messagerie sera interrompue jeudi de 20 h à 22 h, le temps de remplacer deux "
        "baies de stockage.\n"
        "Aucun message ne sera perdu : ceux qui arrivent pendant l’intervention seront distribués "
        "ensuite.\n\n"
        "L’assistance informatique\n",
        headers=(("Auto-Submitted", "auto-generated"),),
    ),
    Letter(
        0.15,
        TOWN_HALL,
        "Échéancier de la subvention – pièces manquantes",
        "Monsieur,\n\nVous trouverez ci-joint le budget prévisionnel demandé. La délibération suivra dès "
        "sa transmission "
        "en préfecture.\n\nPouvez-vous nous confirmer la date limite de dépôt ?\n\nBien cordialement,\n"
        "Le service comptabilité\n",
        attachments=(_BUDGET,),
    ),
    Letter(
        0.4,
        FATOU,
        "Compte rendu de la réunion de service",
        "Bonjour à tous,\n\nLe compte rendu est joint. Merci de me dire d’ici vendredi ce qu’il faut "
        "corriger.\n\nFatou\n",
        attachments=(_MINUTES,),
        others=(CELINE, ANDRE, PAUL),
    ),
    Letter(
        1.3,
        SUPPLIER,
        "Votre facture n° 2026-0417",
        "Bonjour,\n\nVeuillez trouver ci-jointe la facture de votre dernière commande. Le bon de "
        "livraison est dans le "
        "colis.\n\nLa Papeterie du Canal vous remercie.\n",
        attachments=(_INVOICE,),
        charset="iso-8859-15",
    ),
    Letter(
        1.7,
        LOIC,
        "Clé du local d’archives",
        "Salut Jean,\n\nJ’ai laissé la clé à l’accueil. Il faut la rendre avant 17 h, sinon Hélène "
        "s’inquiète :-)\n\nLoïc\n",
        encoding="base64",
    ),
    Letter(
        2.2,
        STAFF,
        "Campagne d’entretiens professionnels : votre créneau",
        "Bonjour,\n\nVotre entretien est prévu dans trois semaines, à 10 h, avec Paul Fontaine. La fiche "
        "de préparation est "
        "à remplir au plus tard la veille.\n\nLe pôle ressources humaines\n",
    ),
    Letter(
        2.6,
        HELENE,
        "Bordereau de versement",
        "Bonjour M. Dupont,\n\nLe bordereau signé est joint, avec la photographie des dix boîtes avant "
        "leur départ. "
        "Attention, l’image est lourde.\n\nHélène Garçon\nBureau des archives\n",
        attachments=(noise("boîtes avant départ.png", 1000),),
    ),
    Letter(
        3.1,
        SCHOOL,
        "Régie de recettes du collège",
        "Bonjour,\n\nLe régisseur titulaire est absent jusqu'à la fin du mois. Son mandataire suppléant "
        "signera les "
        "états.\nLe titre en cause est joint.\n\nL'intendance\n",
        attachments=(_TITLE,),
        charset="iso-8859-1",
    ),
    Letter(
        3.8,
        TRAINING,
        "Formation « Sécurité des paiements » : il reste deux places",
        "Bonjour,\n\nDeux places se libèrent pour la session du mois prochain, à distance, deux "
        "demi-journées.\n"
        "Inscription auprès de votre correspondant avant mercredi.\n\nLe centre de formation\n",
        flowed=True,
    ),
    Letter(
        4.4,
        PAUL,
        "Intérim de la semaine prochaine",
        "Jean,\n\nJe serai en déplacement de lundi à mercredi. Tu as délégation pour les ordres de "
        "paiement jusqu’à "
        "10 000 €. Au-delà, vois avec Ingrid.\n\nPF\n",
        headers=(("X-Priority", "1"), ("Importance", "High")),
    ),
    Letter(
        5.5,
        HOSPITAL,
        "Relevé mensuel de la régie",
        "Bonjour,\n\nLe relevé du mois et ses justificatifs sont dans l’archive jointe.\n\n"
        "La régie du centre hospitalier\n",
        attachments=(
            archive(
                "relevé mensuel.zip",
                [
                    pdf(
                        "relevé.pdf",
                        "Relevé de la régie",
                        ["Encaissements : 8 412,00 €", "Dégagement : 8 000,00 €"],
                    ),
                    csv("journal.csv", [("Date", "Pièce", "Montant"), ("03", "R-101", "412,00")]),
                ],
            ),
        ),
    ),
    Letter(
        6.3,
        CANTEEN,
        "Menus de la semaine",
        "Lundi : tarte aux poireaux, hachis\nMardi : salade de lentilles, poisson du marché\n"
        "Mercredi : œufs mimosa, bœuf aux carottes\nJeudi : crème de potiron, gnocchis\n"
        "Vendredi : céleri rémoulade, crêpes\n\nLe restaurant ouvre de 11 h 30 à 13 h 45.\n",
    ),
    Letter(
        7.2,
        NADIA,
        "",
        "Désolée, parti trop vite. Je te rappelle à 15 h.\n\nNadia\n",
    ),
    Letter(
        8.1,
        ANDRE,
        "Demande d’avis sur le projet de convention de groupement de commandes entre la communauté de "
        "communes du "
        "Val-Modèle, ses quatorze communes membres, le syndicat des eaux et l’office de tourisme, pour "
        "l’achat de "
        "fournitures de bureau, de papier et de consommables, dans sa version corrigée après la réunion "
        "du comité",
        "Tout est dans l’objet, pardon pour sa longueur. Qu’en penses-tu ?\n\nAndré\n",
    ),
    Letter(
        9.5,
        INGRID,
        "Courbe des encaissements",
        "Bonjour Jean,\n\nVoici la courbe des douze derniers mois, en image.\n\nIngrid\n",
        attachments=(
            bar_chart(
                "encaissements été.png", (20, 34, 41, 55, 48, 62, 70, 66, 81, 77, 90, 96), (0, 90, 156)
            ),
        ),
    ),
    Letter(
        10.4,
        LIBRARY,
        "Livre en retard",
        "Bonjour,\n\nUn livre emprunté à votre nom devait nous revenir il y a huit jours : « La "
        "Comptabilité sans larmes ».\n"
        "Merci de le déposer dans la boîte de retour.\n\nLa médiathèque\n",
        charset="iso-8859-1",
        encoding="8bit",
    ),
    Letter(
        11.9,
        MARIE,
        "🎂 Pot pour les 40 ans de Loïc 🎉",
        "Coucou,\n\nGâteau au chocolat 🍫 et jus de pomme 🍏 vendredi à 16 h en salle 204. C’est une "
        "surprise 🤫 !\n\nMarie\n",
        others=(CELINE, FATOU, NADIA),
    ),
    Letter(
        13.2,
        COMPUTING,
        "Votre demande n° 48 213 est close",
        "Bonjour,\n\nVotre demande « Écran noir au démarrage » est close : le câble a été remplacé.\n"
        "Si la panne revient, "
        "répondez à ce message.\n\nL’assistance informatique\n",
    ),
    Letter(
        15.6,
        SUPPLIER,
        "Confirmation de commande",
        "Bonjour,\n\nNous avons bien reçu votre commande de 40 ramettes et 12 boîtes d’archives. "
        "Livraison sous cinq "
        "jours.\n\nLa Papeterie du Canal\n",
    ),
    Letter(
        17.3,
        FATOU,
        "Message reçu de la mairie, pour suite",
        "Jean,\n\nJe te joins le message tel que je l’ai reçu. C’est pour toi, je crois.\n\nFatou\n",
        attachments=(
            Attachment(
                "Demande de délai.eml",
                "message/rfc822",
                "From: comptabilite@saint-exemple.example.org\r\nTo: fatou.diallo@demo.example\r\n"
                "Subject: =?utf-8?q?Demande_de_d=C3=A9lai?=\r\nDate: Mon, 05 Jan 2026 09:12:00 +0100\r\n"
                "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                "Content-Transfer-Encoding: 8bit\r\n\r\n"
                "Nous sollicitons un délai de trente jours.\r\n".encode(),
            ),
        ),
    ),
    Letter(
        19.1,
        STAFF,
        "Compteur de congés au 1er du mois",
        "Bonjour,\n\nIl vous reste 12,5 jours de congés annuels et 4 jours de RTT à poser avant la fin de "
        "l’année.\n\n"
        "Le pôle ressources humaines\n",
    ),
    Letter(
        20.5,
        PAUL,
        "Bienvenue dans l’équipe",
        "Jean,\n\nTon bureau est le 212, ta ligne le 01 00 00 02 12. Marie t’accompagne cette semaine.\n\n"
        "Paul Fontaine\n",
    ),
)

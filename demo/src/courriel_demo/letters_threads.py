"""The conversations of the seed: each turn quotes all before it, as office mail does."""

from __future__ import annotations

from courriel_demo.letters import thread
from courriel_demo.people import ANDRE, CELINE, FATOU, INGRID, JEAN, LOIC, MARIE, NADIA, PAUL

CLOSING = thread(
    "Clôture de l’exercice : qui fait quoi",
    [
        (
            14.05,
            PAUL,
            "Bonjour à tous,\n\nIl nous reste quatre semaines. Dites-moi ce que vous prenez.\n\nPaul",
        ),
        (14.3, CELINE, "Je prends les restes à recouvrer et les admissions en non-valeur.\n\nCéline"),
        (
            14.6,
            ANDRE,
            "Pour moi les rattachements. Il me faudra l’état des engagements avant le 10.\n\nAndré",
        ),
        (14.9, INGRID, "L’état sera prêt le 8. Jean, tu le relis ?\n\nIngrid"),
        (13.0, JEAN, "Oui, je le relis le 9 au matin. Je garde copie de ce message.\n\nJean"),
        (12.4, PAUL, "Parfait. On se revoit mardi pour le point d’étape.\n\nPaul"),
        (
            7.7,
            ANDRE,
            "Petit retard sur les rattachements : il me manque encore deux factures d’eau.\n\nAndré",
        ),
        (5.1, CELINE, "Les admissions sont prêtes à signer, elles sont dans le parapheur bleu.\n\nCéline"),
        (2.0, PAUL, "Signé. Merci à tous, on tient le calendrier.\n\nPaul"),
    ],
    (JEAN, MARIE),
)

ROOMS = thread(
    "Réservation de la salle 204",
    [
        (6.0, LOIC, "La salle 204 est prise deux fois mardi à 14 h : par nous et par la formation.\n\nLoïc"),
        (6.2, NADIA, "Nous sommes huit, la 118 suffirait peut-être ?\n\nNadia"),
        (6.5, LOIC, "La 118 n’a pas d’écran…\n\nLoïc"),
        (5.1, FATOU, "J’apporte le vidéoprojecteur. Va pour la 118.\n\nFatou"),
        (4.9, NADIA, "Merci Fatou ! La réservation est changée.\n\nNadia"),
    ],
    (JEAN, MARIE, CELINE),
)

COUNTER = thread(
    "Horaires du guichet pendant l’été",
    [
        (
            11.2,
            MARIE,
            "Le public demande si nous ouvrons le lundi après-midi en août. On répond quoi ?\n\nMarie",
        ),
        (10.1, CELINE, "L’an dernier nous fermions à 12 h. Paul doit trancher.\n\nCéline"),
        (9.1, PAUL, "Fermeture à 12 h, sauf rendez-vous. Merci de l’afficher.\n\nPaul"),
        (8.3, MARIE, "Affiché à l’entrée et sur le répondeur.\n\nMarie"),
    ],
    (JEAN, FATOU),
)

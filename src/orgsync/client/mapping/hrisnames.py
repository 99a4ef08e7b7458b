"""What HR systems and languages call the columns of the file; headers are compared without case, blanks and accents."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from orgsync.core.columns import COLUMNS, ColumnGroup

FULL_NAME: Final = "full name"
"""A field that holds given and family name together; it becomes two columns."""

NAMES: Final[dict[str, dict[str, str]]] = {
    "primary_email_address": {
        "English": "email|e-mail|email address|mail|work email|work e-mail|business email|company email|office email"
        "|corporate email|email work|primary email|user principal name|upn",
        "Workday": "email - primary work|primary work email|work email address|email_primary_work|public primary email",
        "BambooHR": "workEmail|bestEmail",
        "SAP SuccessFactors": "business email address|email_b|email information email address",
        "HiBob": "work email|root.email",
        "ADP": "work contact: work email|work contact email|businessCommunication emails",
        "SCIM": "emails.primary|emails.work|userName",
        "German": "geschäftliche e-mail|dienstliche e-mail|e-mail-adresse|e-mail geschäftlich|firmen-e-mail"
        "|e-mail (arbeit)",
        "French": "courriel|e-mail professionnel|adresse e-mail|adresse mail|mail pro|adresse électronique",
        "Spanish": "correo|correo electrónico|correo corporativo|email corporativo|correo de trabajo",
        "Italian": "email aziendale|indirizzo email|posta elettronica",
        "Portuguese": "e-mail corporativo|e-mail profissional|correio eletrónico",
        "Dutch": "zakelijk e-mailadres|e-mailadres|werk e-mail",
        "Nordic": "e-post|e-postadresse|arbejds-e-mail|työsähköposti|sähköposti",
    },
    "unique_user_id": {
        "English": "employee id|employee number|employee no|emp id|emp no|staff id|staff number|worker id|person number"
        "|personnel number|personnel no|payroll number|badge number|user id|external id|hr id|file number|matricule",
        "Workday": "employee_id|worker id|wid|worker_reference",
        "BambooHR": "employeeNumber|employee #|eeid",
        "SAP SuccessFactors": "userId|person-id-external|personIdExternal|user/employee id|assignment id",
        "Personio": "employee_id|id number|personalnummer",
        "HiBob": "internal.employeeId|employee id in company|work.employeeIdInCompany",
        "ADP": "associate id|associateOID|position id|file number|workerID",
        "SCIM": "externalId",
        "German": "personalnummer|pers.-nr.|personal-nr.|mitarbeiternummer|mitarbeiter-id|stammnummer",
        "French": "matricule|numéro de matricule|identifiant|numéro d'employé|n° salarié",
        "Spanish": "número de empleado|id de empleado|legajo|código de empleado|nº empleado",
        "Italian": "matricola|codice dipendente|id dipendente",
        "Portuguese": "matrícula|número de funcionário|nº de empregado",
        "Dutch": "personeelsnummer|medewerkernummer|werknemersnummer",
        "Nordic": "anställningsnummer|medarbejdernummer|ansattnummer|henkilönumero",
    },
    "preferred_first_name": {
        "English": "first name|given name|forename|preferred name|preferred first name|known as|nickname"
        "|christian name",
        "Workday": "preferred name - first name|legal name - first name|legal_name_first_name|preferred_first_name",
        "BambooHR": "firstName|preferredName",
        "SAP SuccessFactors": "first name|personal information first name|preferred-name",
        "HiBob": "root.firstName|display first name",
        "ADP": "legal first name|preferred or chosen first name|legalName givenName",
        "SCIM": "name.givenName",
        "German": "vorname|rufname",
        "French": "prénom|prénom usuel",
        "Spanish": "nombre|nombres|primer nombre",
        "Italian": "nome",
        "Portuguese": "primeiro nome|nome próprio",
        "Dutch": "voornaam|roepnaam",
        "Nordic": "förnamn|fornavn|etunimi",
    },
    "preferred_last_name": {
        "English": "last name|family name|surname|preferred last name|second name",
        "Workday": "preferred name - last name|legal name - last name|legal_name_last_name",
        "BambooHR": "lastName",
        "HiBob": "root.surname",
        "ADP": "legal last name|preferred or chosen last name|legalName familyName1",
        "SCIM": "name.familyName",
        "German": "nachname|familienname|zuname",
        "French": "nom|nom de famille|nom d'usage",
        "Spanish": "apellido|apellidos|primer apellido",
        "Italian": "cognome",
        "Portuguese": "apelido|sobrenome|último nome",
        "Dutch": "achternaam",
        "Nordic": "efternamn|efternavn|etternavn|sukunimi",
    },
    FULL_NAME: {
        "English": "name|full name|employee name|display name|worker|worker name|employee",
        "BambooHR": "displayName|fullName1|fullName2",
        "SCIM": "name.formatted|displayName",
        "German": "mitarbeiter|vollständiger name|mitarbeitername",
        "French": "nom complet|nom et prénom|salarié",
        "Spanish": "nombre completo|nombre y apellidos|empleado",
        "Italian": "nominativo|nome e cognome|dipendente",
        "Portuguese": "nome completo|funcionário",
        "Dutch": "naam|volledige naam|medewerker",
        "Nordic": "navn|namn|fullt navn|nimi",
    },
    "work_title": {
        "English": "title|job title|position|position title|role|job|job name|business title|designation|occupation",
        "Workday": "business title|businessTitle|job profile|job_title",
        "BambooHR": "jobTitle|jobInformationJobTitle",
        "SAP SuccessFactors": "job title|job information job title",
        "HiBob": "work.title",
        "ADP": "job title description|position title",
        "German": "stelle|stellenbezeichnung|position|berufsbezeichnung|jobtitel|tätigkeit|funktionsbezeichnung",
        "French": "poste|intitulé du poste|titre|emploi|fonction",
        "Spanish": "puesto|cargo|título del puesto|posición",
        "Italian": "qualifica|ruolo|posizione|mansione",
        "Portuguese": "cargo|título do cargo|posição",
        "Dutch": "functie|functietitel",
        "Nordic": "titel|stilling|stillingsbetegnelse|tehtävänimike|befattning",
    },
    "department_name": {
        "English": "department|dept|department name|team|org unit|organization unit|division|business unit"
        "|cost center name",
        "Workday": "supervisory organization|supervisory_organization|cost center - name",
        "BambooHR": "department|jobInformationDepartment",
        "HiBob": "work.department",
        "ADP": "home department description|home department|business unit description",
        "German": "abteilung|organisationseinheit|bereich|abteilungsname|orgeinheit",
        "French": "département|service|direction",
        "Spanish": "departamento|área|sector",
        "Italian": "reparto|dipartimento|ufficio",
        "Portuguese": "departamento|setor|área",
        "Dutch": "afdeling",
        "Nordic": "avdelning|afdeling|avdeling|osasto",
    },
    "job_function": {
        "English": "job function|function|job family|job family group|functional area",
        "German": "funktion|jobfamilie|funktionsbereich",
        "French": "famille d'emploi|famille de métier",
        "Spanish": "función|familia de puestos",
        "Italian": "famiglia professionale|funzione",
        "Portuguese": "função|família de cargos",
    },
    "job_level": {
        "English": "job level|level|grade|job grade|management level|seniority|pay grade|band|career level",
        "Workday": "management level|job level|compensation grade",
        "German": "stufe|karrierestufe|hierarchieebene|ebene",
        "French": "niveau|échelon",
        "Spanish": "nivel|grado",
        "Italian": "livello",
        "Portuguese": "nível",
        "Dutch": "niveau|schaal",
    },
    "worker_type": {
        "English": "worker type|employee type|employment type|contract type|employee class|time type|employee category",
        "Workday": "worker type|employee type|position time type|worker sub-type",
        "BambooHR": "employmentHistoryStatus|employment status: employment status",
        "HiBob": "work.employmentType",
        "ADP": "worker category description|worker type",
        "SCIM": "userType",
        "German": "beschäftigungsart|anstellungsart|vertragsart|mitarbeitertyp|beschäftigungsverhältnis",
        "French": "type de contrat|type d'emploi",
        "Spanish": "tipo de contrato|tipo de empleado",
        "Italian": "tipo contratto|tipo di contratto",
        "Portuguese": "tipo de contrato|tipo de vínculo",
        "Dutch": "soort dienstverband|contracttype",
    },
    "worker_status": {
        "English": "status|employment status|employee status|worker status|active|active status|is active|state",
        "Workday": "active status|worker status|currently active",
        "BambooHR": "status|employmentStatus",
        "SAP SuccessFactors": "emplStatus|employee status",
        "HiBob": "internal.status|lifecycle status|internal.lifecycleStatus",
        "ADP": "position status|workerStatus",
        "SCIM": "active",
        "German": "beschäftigungsstatus|mitarbeiterstatus|aktiv",
        "French": "statut|situation|actif",
        "Spanish": "estado|estatus|activo|situación",
        "Italian": "stato|attivo",
        "Portuguese": "situação|estado|ativo",
        "Dutch": "actief",
        "Nordic": "tila|aktiv",
    },
    "start_date": {
        "English": "start date|hire date|hired|date of hire|joining date|date of joining|entry date|original hire date"
        "|employment start|employment start date|first day|join date",
        "Workday": "hire_date|hire date|continuous service date|original_hire_date",
        "BambooHR": "hireDate|originalHireDate",
        "SAP SuccessFactors": "hire date|startDate|employment details hire date",
        "HiBob": "work.startDate",
        "ADP": "hire date|hire/rehire date|originalHireDate",
        "German": "eintritt|eintrittsdatum|einstellungsdatum|beginn|startdatum",
        "French": "date d'entrée|date d'embauche|date de début",
        "Spanish": "fecha de ingreso|fecha de contratación|fecha de alta|fecha de inicio",
        "Italian": "data assunzione|data di assunzione|data inizio",
        "Portuguese": "data de admissão|data de início|data de entrada",
        "Dutch": "datum in dienst|startdatum|in dienst",
        "Nordic": "anställningsdatum|ansættelsesdato|startdato|ansettelsesdato|aloituspäivä",
    },
    "end_date": {
        "English": "end date|termination date|terminated|leaving date|exit date|last day|last day of work"
        "|employment end date",
        "Workday": "termination_date|termination date|last day of work",
        "BambooHR": "terminationDate",
        "HiBob": "internal.terminationDate",
        "ADP": "termination date",
        "German": "austritt|austrittsdatum|ende|kündigungsdatum|letzter arbeitstag",
        "French": "date de sortie|date de fin|date de départ",
        "Spanish": "fecha de baja|fecha de salida|fecha de fin",
        "Italian": "data cessazione|data fine|data di cessazione",
        "Portuguese": "data de demissão|data de saída|data de fim",
        "Dutch": "datum uit dienst|einddatum|uit dienst",
        "Nordic": "slutdatum|fratrædelsesdato|sluttdato|päättymispäivä",
    },
    "manager_primary_email_address": {
        "English": "manager email|manager e-mail|manager work email|supervisor email|reports to email"
        "|line manager email",
        "Workday": "manager email|worker's manager email|manager_email",
        "BambooHR": "supervisorEmail",
        "HiBob": "reports to email|work.reportsTo.email",
        "German": "e-mail vorgesetzter|vorgesetzter e-mail|e-mail der führungskraft|führungskraft e-mail",
        "French": "e-mail du responsable|e-mail du manager|mail n+1",
        "Spanish": "correo del jefe|email del responsable|correo del supervisor",
        "Italian": "email responsabile",
        "Portuguese": "e-mail do gestor|e-mail do gerente",
        "Dutch": "e-mail leidinggevende|e-mail manager",
    },
    "manager_unique_user_id": {
        "English": "manager id|manager employee id|manager number|supervisor id|reports to id|reports to"
        "|line manager id",
        "Workday": "manager_id|manager - employee id|manager_employee_id|manager.ID",
        "BambooHR": "supervisorEId|supervisorId",
        "SAP SuccessFactors": "managerId|manager user sys id|job information supervisor",
        "HiBob": "work.reportsToIdInCompany|reports to id in company",
        "ADP": "reports to associate id|reports to position id",
        "SCIM": "manager.value",
        "German": "personalnummer vorgesetzter|vorgesetzter id|führungskraft-id|personalnummer führungskraft",
        "French": "matricule du responsable|matricule manager",
        "Spanish": "id del jefe|id del supervisor|número de empleado del jefe",
        "Italian": "matricola responsabile",
        "Portuguese": "matrícula do gestor",
        "Dutch": "personeelsnummer leidinggevende|manager nummer",
    },
    "country_code": {
        "English": "country|country code|work country|location country|country/region|nation",
        "Workday": "location address - country|country iso code",
        "SAP SuccessFactors": "country/region|countryOfCompany",
        "HiBob": "work.siteCountry|site country",
        "German": "land|länderkennzeichen|arbeitsland",
        "French": "pays|code pays",
        "Spanish": "país|código de país",
        "Italian": "paese|nazione",
        "Portuguese": "país",
        "Dutch": "landcode",
        "Nordic": "maa",
    },
    "work_phone_number": {
        "English": "work phone|phone|telephone|office phone|business phone|phone number|desk phone|direct line",
        "BambooHR": "workPhone|workPhonePlusExtension",
        "SCIM": "phoneNumbers.work",
        "German": "telefon|telefon geschäftlich|diensttelefon|telefonnummer",
        "French": "téléphone|téléphone professionnel",
        "Spanish": "teléfono|teléfono de trabajo",
        "Italian": "telefono|telefono ufficio",
        "Portuguese": "telefone|telefone de trabalho",
        "Dutch": "telefoon|telefoonnummer|telefoon werk",
        "Nordic": "telefonnummer|puhelin",
    },
    "mobile_phone_number": {
        "English": "mobile|mobile phone|cell|cell phone|mobile number|work mobile|cellphone",
        "BambooHR": "mobilePhone",
        "HiBob": "work.mobile",
        "SCIM": "phoneNumbers.mobile",
        "German": "handy|mobiltelefon|mobil|diensthandy|handynummer",
        "French": "portable|téléphone portable|mobile pro",
        "Spanish": "móvil|celular|teléfono móvil",
        "Italian": "cellulare",
        "Portuguese": "telemóvel|celular",
        "Dutch": "mobiel|mobiel nummer",
        "Nordic": "mobiltelefon|matkapuhelin",
    },
}
"""Our column → where the name comes from → names, with bars between them."""


def folded(name: str) -> str:
    """Return the form in which names are compared: small letters and digits alone, without accents."""
    spelled = name.casefold().replace("ß", "ss").replace("ø", "o").replace("æ", "ae").replace("#", " number ")
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", spelled) if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", "", plain)


def known_names() -> Iterator[tuple[str, str, str]]:
    """Yield (folded name, our column, where the name comes from); our own headers and aliases come first."""
    for column in COLUMNS:
        if column.group is not ColumnGroup.IGNORED:
            for name in (column.name, *column.aliases):
                yield folded(name), column.name, "the file's own header"
    for column_name, systems in NAMES.items():
        for system, names in systems.items():
            for name in names.split("|"):
                yield folded(name), column_name, system

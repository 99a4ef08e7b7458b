"""Names for sample people in many scripts: as written, and in the Latin letters of their addresses."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class NameSet:
    """Names of one script: (as written, in Latin letters) each."""

    script: str
    country_codes: tuple[str, ...]
    first_names: tuple[tuple[str, str], ...]
    last_names: tuple[tuple[str, str], ...]


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    """Read `written=latin` pairs; a name without `=` is its own address part."""
    pairs = (item.partition("=") for item in text.split())
    return tuple((written, latin or written.lower()) for written, _, latin in pairs)


NAME_SETS: Final = (
    NameSet(
        "Latin",
        ("GB", "US", "IE", "AU"),
        _pairs("Alice Brian Clara David Emma Frank Grace Henry Isla James Kate Liam Mary Noah Olive Peter"),
        _pairs("Adams Baker Clark Evans Foster Green Hughes Irving Jones King Lewis Moore Newton O'Neil=oneil"),
    ),
    NameSet(
        "Latin with diacritics",
        ("DE", "FR", "PT", "PL", "CZ", "TR", "VN", "SE"),
        _pairs(
            "Zoë=zoe Jürgen=juergen José=jose Łucja=lucja Šárka=sarka Çağla=cagla Nguyệt=nguyet Åsa=asa "
            "Søren=soeren Éloïse=eloise Mánus=manus İpek=ipek"
        ),
        _pairs(
            "Müller=mueller Gonçalves=goncalves Wójcik=wojcik Dvořák=dvorak Yıldız=yildiz Trần=tran "
            "Björk=bjoerk Lefèvre=lefevre Weiß=weiss Nuñez=nunez Kovačević=kovacevic"
        ),
    ),
    NameSet(
        "Greek",
        ("GR", "CY"),
        _pairs("Γιώργος=giorgos Ελένη=eleni Νίκος=nikos Μαρία=maria Κώστας=kostas Σοφία=sofia Άννα=anna"),
        _pairs("Παπαδόπουλος=papadopoulos Οικονόμου=oikonomou Βασιλείου=vasileiou Γεωργίου=georgiou"),
    ),
    NameSet(
        "Cyrillic",
        ("UA", "BG", "RS", "KZ"),
        _pairs("Олена=olena Іван=ivan Марія=mariia Дмитро=dmytro Юлія=yuliia Петро=petro Ганна=hanna"),
        _pairs("Шевченко=shevchenko Коваленко=kovalenko Бондар=bondar Ткаченко=tkachenko Мельник=melnyk"),
    ),
    NameSet(
        "Arabic",
        ("EG", "AE", "JO", "MA"),
        _pairs("فاطمة=fatima أحمد=ahmad ليلى=layla يوسف=yusuf مريم=maryam عمر=umar سلمى=salma"),
        _pairs("حداد=haddad خوري=khoury منصور=mansour نجار=najjar صباغ=sabbagh"),
    ),
    NameSet(
        "Persian",
        ("IR",),
        _pairs("پریسا=parisa آرش=arash نگار=negar کیوان=keyvan"),
        _pairs("حسین\u200cزاده=hosseinzadeh رضایی=rezaei کریمی=karimi مهدی\u200cپور=mahdipour"),
    ),
    NameSet(
        "Hebrew",
        ("IL",),
        _pairs("נועה=noa דוד=david תמר=tamar יעל=yael אורי=uri מיכל=michal"),
        _pairs("כהן=cohen לוי=levi מזרחי=mizrahi פרץ=peretz ביטון=biton"),
    ),
    NameSet(
        "Devanagari",
        ("IN", "NP"),
        _pairs("आरव=aarav दीया=diya रोहन=rohan अनन्या=ananya विवान=vivaan काव्या=kavya"),
        _pairs("शर्मा=sharma वर्मा=verma गुप्ता=gupta सिंह=singh पटेल=patel"),
    ),
    NameSet(
        "Tamil",
        ("IN", "LK"),
        _pairs("கவிதா=kavitha முருகன்=murugan மீனா=meena அருண்=arun"),
        _pairs("சுப்ரமணியம்=subramaniam ராஜன்=rajan செல்வம்=selvam"),
    ),
    NameSet(
        "Thai",
        ("TH",),
        _pairs("สมชาย=somchai มาลี=mali อนงค์=anong ณัฐ=nat"),
        _pairs("ใจดี=chaidee สุขสันต์=suksan ทองคำ=thongkham"),
    ),
    NameSet(
        "Han",
        ("CN", "TW", "SG"),
        _pairs("伟=wei 芳=fang 秀英=xiuying 娜=na 敏=min 静=jing 丽=li 强=qiang 𠮷=ji"),
        _pairs("王=wang 李=li 张=zhang 刘=liu 陈=chen 杨=yang 赵=zhao 欧阳=ouyang"),
    ),
    NameSet(
        "Hangul",
        ("KR",),
        _pairs("민준=minjun 서연=seoyeon 지호=jiho 하은=haeun 도윤=doyun 수아=sua"),
        _pairs("김=kim 이=lee 박=park 최=choi 정=jung 강=kang"),
    ),
    NameSet(
        "Kana and Han",
        ("JP",),
        _pairs("さくら=sakura 太郎=taro ハルト=haruto 陽菜=hina 健=ken ゆい=yui"),
        _pairs("佐藤=sato 鈴木=suzuki 高橋=takahashi 田中=tanaka 渡邉=watanabe 伊藤=ito"),
    ),
    NameSet(
        "Georgian and Armenian",
        ("GE", "AM"),
        _pairs("ნინო=nino გიორგი=giorgi Անի=ani Արամ=aram"),
        _pairs("ბერიძე=beridze კაპანაძე=kapanadze Պետրոսյան=petrosyan Սարգսյան=sargsyan"),
    ),
)
"""The first two sets are drawn more often than the others."""

//! The words the org's names and texts are made of.
//!
//! Companies and surnames are put together from syllables that mean nothing, so that they name nobody.

/// The scripts of names, in the order of the columns of [`SYLLABLES`]; ASCII is column 0.
pub(super) const SCRIPTS: usize = 8;
pub(super) const ASCII: usize = 0;
pub(super) const ACCENTED: usize = 1;
pub(super) const HAN: usize = 6;

/// Syllables, each in every script.
pub(super) const SYLLABLES: [[&str; SCRIPTS]; 24] = [
    ["bel", "bél", "βελ", "бел", "بل", "בל", "贝", "बेल"],
    ["dor", "dør", "δορ", "дор", "دور", "דור", "多", "दोर"],
    ["fan", "fän", "φαν", "фан", "فان", "פן", "凡", "फान"],
    ["gal", "gål", "γαλ", "гал", "غال", "גל", "加", "गल"],
    ["hem", "hëm", "χεμ", "хем", "هيم", "המ", "赫", "हेम"],
    ["kal", "kál", "καλ", "кал", "كال", "כל", "卡", "कल"],
    ["lin", "lín", "λιν", "лин", "لين", "לין", "林", "लिन"],
    ["mar", "mař", "μαρ", "мар", "مار", "מר", "马", "मार"],
    ["nel", "ñel", "νελ", "нел", "نيل", "נל", "内", "नेल"],
    ["ost", "öst", "οστ", "ост", "اوست", "אוסט", "奥", "ओस्त"],
    ["pir", "pîr", "πιρ", "пир", "بير", "פיר", "皮", "पीर"],
    ["quin", "quín", "κουιν", "квин", "كوين", "קוין", "昆", "क्विन"],
    ["rav", "råv", "ραβ", "рав", "راف", "רב", "拉", "रव"],
    ["sol", "sôl", "σολ", "сол", "سول", "סול", "索", "सोल"],
    ["tam", "tãm", "ταμ", "там", "تام", "תם", "塔", "तम"],
    ["ulm", "ülm", "ουλμ", "улм", "اولم", "אולם", "乌", "उल्म"],
    ["ver", "vér", "βερ", "вер", "فير", "ור", "维", "वेर"],
    ["wil", "wíl", "ουιλ", "уил", "ويل", "ויל", "威", "विल"],
    ["xan", "xàn", "ξαν", "ксан", "زان", "קסן", "桑", "ज़ान"],
    ["yor", "yør", "γιορ", "йор", "يور", "יור", "约", "योर"],
    ["zet", "žet", "ζετ", "зет", "زيت", "זט", "泽", "ज़ेत"],
    ["ark", "ärk", "αρκ", "арк", "ارك", "ארק", "阿", "आर्क"],
    ["eld", "éld", "ελντ", "элд", "الد", "אלד", "埃", "एल्द"],
    ["ino", "iñø", "ινο", "ино", "ينو", "ינו", "伊", "इनो"],
];

/// Lines of business, each in every script.
pub(super) const SECTORS: [[&str; SCRIPTS]; 12] = [
    ["Logistics", "Logística", "Μεταφορές", "Логистика", "للنقل", "לוגיסטיקה", "物流", "लॉजिस्टिक्स"],
    ["Foods", "Gewürze", "Τρόφιμα", "Продукты", "للأغذية", "מזון", "食品", "फूड्स"],
    ["Energy", "Énergie", "Ενέργεια", "Энергия", "للطاقة", "אנרגיה", "能源", "ऊर्जा"],
    ["Systems", "Systèmes", "Συστήματα", "Системы", "للأنظمة", "מערכות", "系统", "सिस्टम्स"],
    ["Textiles", "Têxteis", "Υφάσματα", "Текстиль", "للمنسوجات", "טקסטיל", "纺织", "वस्त्र"],
    ["Instruments", "Mätteknik", "Όργανα", "Приборы", "للأجهزة", "מכשירים", "仪器", "उपकरण"],
    ["Timber", "Möbel", "Ξυλεία", "Лес", "للأخشاب", "עץ", "木业", "काष्ठ"],
    ["Press", "Édition", "Εκδόσεις", "Издательство", "للنشر", "הוצאה", "出版", "प्रकाशन"],
    ["Water", "Água", "Ύδρευση", "Водоканал", "للمياه", "מים", "水务", "जल"],
    ["Glass", "Verrière", "Γυαλί", "Стекло", "للزجاج", "זכוכית", "玻璃", "काँच"],
    ["Shipping", "Reederei Süd", "Ναυτιλία", "Судоходство", "للملاحة", "ספנות", "航运", "नौवहन"],
    ["Care", "Santé", "Φροντίδα", "Здоровье", "للرعاية", "בריאות", "护理", "सेवा"],
];

/// Legal forms in every script, with what belongs between them and the name.
pub(super) const LEGAL_FORMS: [[&str; SCRIPTS]; 4] = [
    ["", "", "", "", "", "", "", ""],
    [", Inc.", " GmbH & Co. KG", " Α.Ε.", " ООО", " ش.م.م", " בע\"מ", "有限公司", " प्रा. लि."],
    [" Ltd", " S.A.", " Ε.Π.Ε.", " «Групп»", " وأولاده", " ובניו", "集团", " एंड संस"],
    [" & Sons", " Łódź Sp. z o.o.", " & Υιοί", " и партнёры", " القابضة", " אחזקות", "株式会社", " समूह"],
];

/// Given names in every script.
pub(super) const GIVEN_NAMES: [[&str; SCRIPTS]; 12] = [
    ["Anna", "Zoë", "Ελένη", "Анна", "ليلى", "נועה", "小雨", "आशा"],
    ["Peter", "Jürgen", "Νίκος", "Пётр", "كريم", "אורי", "建国", "रवि"],
    ["Maria", "Renée", "Μαρία", "Мария", "مريم", "מאיה", "丽华", "मीरा"],
    ["Thomas", "Tomáš", "Γιώργος", "Фёдор", "سامي", "יונתן", "志明", "अर्जुन"],
    ["Julia", "Chloé", "Κατερίνα", "Юлия", "نور", "תמר", "美玲", "नेहा"],
    ["Daniel", "Łukasz", "Δημήτρης", "Данила", "طارق", "דניאל", "文博", "विक्रम"],
    ["Sara", "Siân", "Σοφία", "Ольга", "سارة", "שרה", "晓红", "सीता"],
    ["Mark", "Björn", "Ανδρέας", "Илья", "عمر", "אבי", "国强", "मोहन"],
    ["Lena", "İpek", "Άννα", "Елена", "هدى", "לאה", "雪梅", "लता"],
    ["Paul", "João", "Παύλος", "Павел", "حسن", "גיל", "海涛", "कृष्ण"],
    ["Eva", "Agnès", "Ειρήνη", "Ева", "رنا", "חנה", "玉兰", "गीता"],
    ["Hugo", "Søren", "Στέφανος", "Егор", "يوسف", "עומר", "大伟", "देव"],
];

/// The same given names as e-mail addresses have them.
pub(super) const GIVEN_SLUGS: [&str; 12] =
    ["anna", "peter", "maria", "thomas", "julia", "daniel", "sara", "mark", "lena", "paul", "eva", "hugo"];

/// How surnames end in every script.
pub(super) const SURNAME_ENDINGS: [[&str; SCRIPTS]; 4] = [
    ["", "", "", "", "", "", "", ""],
    ["sen", "švili", "ίδης", "ов", "ي", "י", "", "कर"],
    ["well", "ström", "άκης", "енко", "اوي", "ון", "文", "वाला"],
    ["-Park", "-Ærø", "όπουλος", "ский", " الدين", "-לב", "龙", " सिंह"],
];

pub(super) const JOB_TITLES: [&str; 14] = [
    "Buyer",
    "CEO",
    "CFO",
    "Head of Purchasing",
    "Director, Vendor Relations",
    "SVP, Procurement",
    "IT Manager",
    "Regional Sales Manager \"North\"",
    "Geschäftsführerin",
    "Directeur général",
    "Υπεύθυνος αγορών",
    "Главный инженер",
    "総務部長",
    "प्रबंधक",
];

pub(super) const DEPARTMENTS: [&str; 9] =
    ["Purchasing", "Finance", "IT", "Legal & Compliance", "R&D", "Einkauf", "Qualité", "Логистика", "営業部"];

/// A place with an address: city, state, postal code, country, latitude and longitude in millionths, street form.
pub(super) struct Place {
    pub(super) city: &'static str,
    pub(super) state: &'static str,
    pub(super) postal_code: &'static str,
    pub(super) country: &'static str,
    pub(super) latitude: i64,
    pub(super) longitude: i64,
    pub(super) street: &'static str,
}

const fn place(names: [&'static str; 5], latitude: i64, longitude: i64) -> Place {
    let [city, state, postal_code, country, street] = names;
    Place { city, state, postal_code, country, latitude, longitude, street }
}

/// Cities. In a street, `#` stands for the number; in a postal code it stands for a digit.
pub(super) const PLACES: [Place; 16] = [
    place(["San Diego", "CA", "921##", "United States", "# Harbor Drive"], 32_715_736, -117_161_087),
    place(
        ["Austin", "TX", "787##", "United States", "# Constitution Avenue, Suite 12"],
        30_267_153,
        -97_743_057,
    ),
    place(["Burlington", "VT", "054##", "USA", "# Maple Street"], 44_475_883, -73_212_074),
    place(["Leeds", "West Yorkshire", "LS# #AB", "United Kingdom", "# Canal Wharf"], 53_800_755, -1_549_077),
    place(["Köln", "Nordrhein-Westfalen", "506##", "Germany", "Händelstraße #"], 50_937_531, 6_960_279),
    place(["Orléans", "", "450##", "France", "# rue de l'Écluse"], 47_902_964, 1_909_251),
    place(["A Coruña", "Galicia", "150##", "Spain", "Rúa do Peirao, #, 2º"], 43_362_344, -8_411_540),
    place(["Göteborg", "", "411 ##", "Sweden", "Åvägen #"], 57_708_870, 11_974_560),
    place(["Kraków", "małopolskie", "30-0##", "Poland", "ul. Śluzowa #"], 50_064_650, 19_944_980),
    place(["Θεσσαλονίκη", "", "546 ##", "Greece", "Λεωφόρος Νίκης #"], 40_640_063, 22_944_419),
    place(["Пловдив", "", "40##", "Bulgaria", "ул. Речна #"], 42_135_408, 24_745_290),
    place(["القاهرة", "", "115##", "Egypt", "شارع النيل #"], 30_044_420, 31_235_712),
    place(["חיפה", "", "31###", "Israel", "דרך הים #"], 32_794_046, 34_989_571),
    place(["सूरत", "Gujarat", "3950##", "India", "नदी मार्ग #"], 21_170_240, 72_831_062),
    place(["大阪市", "大阪府", "530-00##", "Japan", "北区中之島#丁目"], 34_693_738, 135_502_165),
    place(["São Paulo", "SP", "013##-000", "Brazil", "Rua das Águas, #"], -23_550_520, -46_633_308),
];

/// Sentences for longer texts. `#` stands for a number.
pub(super) const SENTENCES: [&str; 28] = [
    "Asked for a quote for # units, delivery before the summer.",
    "Prefers e-mail; calls only after 10:00, never on Fridays.",
    "The contract ends in # months, renewal is \"likely\" (their word).",
    "Invoice no. # is still open, reminder sent twice.",
    "Wants a visit of the plant, including the new line #.",
    "Paths on their share look like C:\\import\\crm\\#, mind the backslashes.",
    "Said: 'we will decide next week', as they did # weeks ago.",
    "Price list, terms, and samples were sent; no answer yet.",
    "100% of the order was delivered; # items came back.",
    "Follow up: <b>not</b> HTML & not a formula =SUM(A1:A#).",
    "Der Liefertermin wurde um # Tage verschoben, größere Mengen sind möglich.",
    "Le numéro de commande # n'a pas été retrouvé, à vérifier à Orléans.",
    "El cliente pidió # muestras más; ¿podemos enviarlas mañana?",
    "Příští schůzka je za # dní, účast přislíbili všichni.",
    "Zażółć gęślą jaźń, wersja #.",
    "Η παράδοση καθυστέρησε # ημέρες.",
    "Договор № # подписан, ждём оплату.",
    "تم إرسال العرض رقم # إلى العميل.",
    "ההזמנה מספר # אושרה.",
    "契約書#通を郵送しました。来週確認します。",
    "客户要求在#天内答复。",
    "ग्राहक ने # नमूने माँगे हैं।",
    "고객이 #일 안에 답변을 요청했습니다.",
    "ลูกค้าขอใบเสนอราคา # ฉบับ",
    "Great call today 🎉 they loved demo # 👍🏽",
    "Shipping by 🚚 or ⛵ is both fine 👩‍🔧 (# pallets).",
    "Status:\topen\tOwner:\tsales\tLine:\t#",
    "See ticket #; root cause: a comma, a \"quote\" and a ; in one cell.",
];

/// How sentences are set off from each other; most often by a space.
pub(super) const SEPARATORS: [&str; 8] = [" ", " ", " ", " ", "\n", "\r\n", "\r\n\r\n", "\n- "];

pub(super) const SUBJECTS: [&str; 14] = [
    "Device does not start after update #",
    "Invoice # shows the wrong amount",
    "Question about \"warranty\" terms",
    "Login fails, error code #",
    "Delivery # arrived damaged, photos attached",
    "Performance inadequate for second consecutive week",
    "Bitte um Rückruf wegen Auftrag #",
    "Problème d'étalonnage nº #",
    "Pieza de repuesto #, urgente",
    "Не работает модуль #",
    "الطلب رقم # متأخر",
    "请更换第#号部件",
    "🔥 Alarm on line #",
    "ग्राहक शिकायत #",
];

pub(super) const NEXT_STEPS: [&str; 8] = [
    "Send proposal",
    "Call back on Monday",
    "Meeting with the board, then legal",
    "Demo №2",
    "Angebot nachfassen",
    "Waiting for budget; ask again",
    "Share the \"final\" price",
    "連絡待ち",
];

pub(super) const PROJECT_WORDS: [&str; 12] = [
    "Migration",
    "Relaunch",
    "Audit",
    "Rollout",
    "Pilot",
    "Umbau",
    "Réseau",
    "Έργο",
    "Проект",
    "مشروع",
    "移行",
    "योजना",
];

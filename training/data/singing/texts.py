"""Words to sing in several languages, put together at random: how they sound matters, not what they say."""

from collections.abc import Mapping
from typing import Final

from training.data.chance import Chance

_LISTS: Final[Mapping[str, str]] = {
    "en": """
        I you we they she he my your our the a this that and but when if so oh yeah no never always
        baby tonight feeling dreaming city light heart broken highway rain summer falling higher
        believe again money rhythm street every people ocean silver window forever yesterday
        breathing mountain stay away somewhere stars shining remember whisper closer thunder violet
        carry homeward open easy sister electric paper moon love night fire running dancing shadow
        morning river golden know want need feel see go come take hold don't can't won't gonna wanna
        ain't is are was will could would down up over under into through without alone together
        girl boy world time life mind soul eyes hands face voice sweet cold burning young wild free
        hey listen just like only something nothing everybody stop please give tell show break shake
        jump crazy lonely tears smile kiss touch dark blue red Friday Sunday six seven thousand
        miles choose which change watch children church strange judge measure pleasure thing think
        breath teeth father brother other
    """,
    "es": """
        yo tú mi amor corazón noche vida quiero siempre nunca bailar cielo fuego luna calle sin ti
        conmigo porque sueño volver tiempo mañana contigo despacio sol mar besos ojos alma loca
        canción cuando llorar gente lejos dame nada más que la el una esta
    """,
    "fr": """
        je tu mon amour coeur la nuit toujours jamais danser le ciel soleil chanson sans toi avec
        moi rêve demain rue pluie les yeux qui brûle doucement encore belle vie pourquoi partir
        rester chaque jour une petite lumière monde feu c'est pas plus
    """,
    "de": """
        ich du mein Herz die Nacht immer niemals tanzen Himmel Sonne Licht ohne dich zusammen Traum
        morgen Straße Regen Augen brennt leise wieder schöne Leben warum gehen bleiben jeden Tag
        kleine Welt Feuer nicht mehr durch Zeit und wir fliegen weit
    """,
    "it": """
        io tu amore mio cuore la notte sempre mai ballare cielo sole luce senza te insieme sogno
        domani strada pioggia occhi piano ancora bella vita perché andare restare ogni giorno mondo
        fuoco non più che volare canzone
    """,
    "pt": """
        eu você meu amor coração a noite sempre nunca dançar céu sol luz sem junto sonho amanhã rua
        chuva olhos devagar ainda bonita vida porque ficar cada dia mundo fogo não mais que saudade
        canção
    """,
    "pl": """
        ja ty moje serce noc zawsze nigdy tańczyć niebo słońce światło bez ciebie razem sen jutro
        ulica deszcz oczy powoli jeszcze piękna życie dlaczego zostań każdy dzień mały świat ogień
        nie więcej
    """,
    "sv": """
        jag du mitt hjärta natten alltid aldrig dansa himmel sol ljus utan dig tillsammans dröm
        imorgon gata regn ögon sakta igen vackra liv varför stanna varje dag värld eld inte mer
    """,
    "ru": """
        я ты моё сердце ночь всегда никогда танцевать небо солнце свет без тебя вместе сон завтра
        улица дождь глаза тихо снова красивая жизнь почему остаться каждый день мир огонь не больше
        люблю моя звезда
    """,
    "ja": """
        きみ の こころ よる いつも おどる そら ひかり ゆめ あした あめ はな うた ほし かぜ
    """,
    "cs": """
        já ty moje srdce noc vždycky nikdy tančit nebe slunce světlo bez tebe spolu sen zítra ulice
        déšť oči pomalu ještě krásná život proč zůstat každý den malý svět oheň už více
    """,
    "fi": """
        minä sinä sydän yö aina koskaan tanssia taivas aurinko valo ilman yhdessä uni huomenna katu
        sade silmät hiljaa vielä kaunis elämä miksi jäädä joka päivä maailma tuli enemmän
    """,
    "nl": """
        ik jij mijn hart de nacht altijd nooit dansen hemel zon licht zonder jou samen droom morgen
        straat regen ogen zachtjes weer mooie leven waarom blijven elke dag wereld vuur niet meer
    """,
}

WORDS: Final = {language: tuple(words.split()) for language, words in _LISTS.items()}
"""Words by language. Czech, Finnish and Dutch belong to the unseen singers only."""

FEWEST_WORDS, MOST_WORDS = 4, 8


def draw_phrase(chance: Chance, language: str) -> str:
    """Return four to eight random words of a language."""
    words = WORDS[language]
    return " ".join(chance.choice(words) for _ in range(chance.integer(FEWEST_WORDS, MOST_WORDS)))

"""Small general knowledge in English and German, the ground on which system prompts are followed.

Each item can be asked in either language and answered in English, German or capitals. The held-out key is
(wanted form, wording of the system prompt, wording of the question).
"""

from . import words
from .core import TRAIN, Task, assistant, draw, expand, normalise, user

GERMAN = [
    "(Answer|Always answer|Please answer|Reply|Always reply|Respond|Speak|Write) (only |)in German.",
    "You are a helpful assistant. (Always answer|Answer|Reply) in German.", "(Antworte|Antworte immer|Bitte antworte) auf Deutsch.",
    "You (only speak|speak only|always speak|must speak) German.", "The user (wants|prefers) (German answers|answers in German).",
    "Use (only |)the German language( for all answers|).",
]
ENGLISH = [
    "(Answer|Always answer|Please answer|Reply|Always reply|Respond|Speak|Write) (only |)in English.",
    "You are a helpful assistant. (Always answer|Answer|Reply) in English.", "(Antworte|Antworte immer|Bitte antworte) auf Englisch.",
    "You (only speak|speak only|always speak|must speak) English.", "The user (wants|prefers) (English answers|answers in English).",
    "Use (only |)the English language( for all answers|).",
]
CAPS = [
    "(Answer|Always answer|Please answer|Reply|Always reply|Respond|Write) (only |)in capital letters.",
    "(Answer|Always answer|Reply|Write) in (capitals|upper case|uppercase|all caps).",
    "You are a helpful assistant. (Always answer|Answer|Write) in capital letters.", "Use (only |)capital letters( for all answers|).",
    "(Write|Say) everything in (capital letters|upper case|capitals).",
]

OPPOSITES = [("big", "small", "groß", "klein"), ("hot", "cold", "heiß", "kalt"), ("old", "new", "alt", "neu"),
             ("fast", "slow", "schnell", "langsam"), ("light", "dark", "hell", "dunkel"), ("high", "low", "hoch", "niedrig"),
             ("happy", "sad", "fröhlich", "traurig"), ("full", "empty", "voll", "leer"), ("hard", "soft", "hart", "weich"),
             ("open", "closed", "offen", "geschlossen"), ("loud", "quiet", "laut", "leise"), ("rich", "poor", "reich", "arm"),
             ("long", "short", "lang", "kurz"), ("good", "bad", "gut", "schlecht"), ("early", "late", "früh", "spät"),
             ("wet", "dry", "nass", "trocken"), ("strong", "weak", "stark", "schwach"), ("near", "far", "nah", "fern")]

COLOUR_OF = [("the sky", "blue", "der Himmel"), ("grass", "green", "das Gras"), ("snow", "white", "der Schnee"),
             ("a lemon", "yellow", "eine Zitrone"), ("coal", "black", "die Kohle"), ("a tomato", "red", "eine Tomate"),
             ("an elephant", "grey", "ein Elefant"), ("chocolate", "brown", "Schokolade"), ("a pig", "pink", "ein Schwein"),
             ("a carrot", "orange", "eine Karotte"), ("a plum", "purple", "eine Pflaume"), ("milk", "white", "Milch"),
             ("the sun", "yellow", "die Sonne"), ("a frog", "green", "ein Frosch"), ("blood", "red", "Blut")]

LEGS = [("a dog", 4, "ein Hund"), ("a cat", 4, "eine Katze"), ("a spider", 8, "eine Spinne"), ("a bird", 2, "ein Vogel"),
        ("an ant", 6, "eine Ameise"), ("a horse", 4, "ein Pferd"), ("a bee", 6, "eine Biene"), ("a fish", 0, "ein Fisch"),
        ("a chicken", 2, "ein Huhn"), ("a cow", 4, "eine Kuh"), ("a snake", 0, "eine Schlange"), ("a sheep", 4, "ein Schaf")]

ASK = "(|||Please tell me: |Tell me, |Hey, |A question: )"
ASK_DE = "(|||Sag mir: |Bitte sag mir: |Eine Frage: )"


def _items():
    """(question patterns en, question patterns de, answer en, answer de)"""
    for country, capital, country_de, capital_de in words.CAPITALS:
        cd, kd = country_de or country, capital_de or capital
        de = f"die Hauptstadt (von|des Landes) {cd}"
        if cd == "Türkei":
            de, where = "die Hauptstadt der Türkei", "der Türkei"
        else:
            where = cd
        yield ([f"(What is|What's|Name|Tell me|Do you know) the capital( city|) of {country}?",
                f"(Which|What) city is the capital of {country}?"],
               [f"(Was ist|Wie heißt|Nenne mir|Kennst du) {de}?", f"Welche Stadt ist {de}?"],
               f"The capital of {country} is {capital}.", f"Die Hauptstadt von {where} ist {kd}.")
    for a, b, a_de, b_de in OPPOSITES:
        for one, two, one_de, two_de in ((a, b, a_de, b_de), (b, a, b_de, a_de)):
            yield ([f"(What is|What's|Name|Tell me) the opposite of (the word |){one}?"],
                   [f"(Was ist|Nenne mir|Wie heißt) das Gegenteil von {one_de}?"],
                   f"The opposite of {one} is {two}.", f"Das Gegenteil von {one_de} ist {two_de}.")
    german = dict(words.COLOURS)
    for thing, colour, thing_de in COLOUR_OF:
        yield ([f"(What|Which) colo(u|)r (is|has) {thing}?", f"(Tell me|What is) the colo(u|)r of {thing}?"],
               [f"(Welche Farbe hat|Was für eine Farbe hat) {thing_de}?"],
               f"{thing[0].upper()}{thing[1:]} is {colour}.", f"{thing_de[0].upper()}{thing_de[1:]} ist {german[colour]}.")
    for thing, count, thing_de in LEGS:
        yield ([f"How many legs does {thing} have?", f"(Tell me|Do you know) how many legs {thing} has?"],
               [f"Wie viele Beine hat {thing_de}?"],
               f"{thing[0].upper()}{thing[1:]} has {count or 'no'} legs.",
               f"{thing_de[0].upper()}{thing_de[1:]} hat {count or 'keine'} Beine.")
    for table, word, word_de in ((words.DAYS, "day", "Tag"), (words.MONTHS, "month", "Monat")):
        for i, (en, de) in enumerate(table):
            after_en, after_de = table[(i + 1) % len(table)]
            before_en, before_de = table[i - 1]
            yield ([f"(Which|What) {word} comes after {en}?", f"(What|Which) {word} (follows|is after) {en}?"],
                   [f"(Welcher|Was für ein) {word_de} kommt nach {de}?"],
                   f"After {en} comes {after_en}.", f"Nach {de} kommt {after_de}.")
            yield ([f"(Which|What) {word} comes before {en}?"], [f"Welcher {word_de} kommt vor {de}?"],
                   f"Before {en} comes {before_en}.", f"Vor {de} kommt {before_de}.")
    yield (["(Hello|Hi|Good morning|Good evening)(!|.)", "(Hello|Hi) there(!|.)"], ["(Hallo|Guten Tag|Guten Morgen)(!|.)"],
           "Hello! How can I help you?", "Hallo! Wie kann ich dir helfen?")
    yield (["(Thanks|Thank you|Thank you very much|Thanks a lot)(!|.)"], ["(Danke|Vielen Dank|Danke schön)(!|.)"],
           "You are welcome!", "Gern geschehen!")
    yield (["How are you( today|)?"], ["Wie geht es dir( heute|)?"],
           "I am fine, thank you. How can I help you?", "Mir geht es gut, danke. Wie kann ich dir helfen?")
    yield (["(Goodbye|Bye|See you later)(!|.)"], ["(Auf Wiedersehen|Tschüss|Bis bald)(!|.)"],
           "Goodbye and take care!", "Auf Wiedersehen und alles Gute!")
    yield (["(Who are you|What are you)?"], ["(Wer|Was) bist du?"],
           "I am the lfm4j demo model, a small language model trained by the lfm4j project on synthetic text.",
           "Ich bin das Demo-Modell von lfm4j, ein kleines Sprachmodell.")


ITEMS = list(_items())
MODES = {"en": ENGLISH, "de": GERMAN, "caps": CAPS}


def _question(rng, item, german):
    """Frequent greetings and rare facts alike: items are drawn evenly, wordings by expansion."""
    pattern = rng.choice(item[1 if german else 0])
    lead = ASK_DE if german else ASK
    return expand(rng, (lead if "?" in pattern else "") + pattern)


def answer_in(mode, item, german):
    if mode == "de":
        return item[3]
    if mode == "en":
        return item[2]
    if mode == "caps":
        return (item[3] if german else item[2]).replace("ß", "ss").upper()
    return item[3] if german else item[2]


def make(rng, split, mode=None, system=None):
    """Plain knowledge (mode None) or one wanted form, stated in the system prompt."""
    family = f"system.{mode}" if mode else "knowledge"

    def some(r):
        item = r.choice(ITEMS) if r.random() < 0.85 else r.choice(ITEMS[-5:])
        german = r.random() < (0.3 if mode in (None, "caps") else 0.5)
        german |= mode is None and item in ITEMS[-5:]  # plain English greetings belong to smalltalk
        prompt = system or (expand(r, r.choice(MODES[mode])) if mode else None)
        question = _question(r, item, german)
        return normalise(f"{prompt} {question}"), (item, german, prompt, question)

    key, (item, german, prompt, question) = draw(rng, split, family, some)
    answer = answer_in(mode, item, german)
    return Task(family, key, [user(question), assistant(answer)], system=prompt, check={"kind": "exact", "text": answer})


def more(rng, mode, system):
    """The turns of a further question under the same system prompt (training only)."""
    return make(rng, TRAIN, mode, system).turns

"""Vocabulary of the generator: plain word lists written for this project, and made-up words."""

NOUNS = """
acorn actor airport almond anchor angel ankle apple apron arrow artist attic autumn baker balcony ball bamboo banana
band bank barn barrel basket beach bean bear beard bee bell bench berry bicycle bird blanket boat bone book boot
border bottle bowl box branch bread brick bridge broom brother bucket bus butter button cabin cactus cake camel camera
candle canoe canyon car carpet carrot castle cat cave cellar chain chair cheese cherry chess chicken chimney church
circle city clock cloud coat coffee coin compass corn cotton cousin cow crab crane cream crown cup curtain daisy dance
daughter deer desert desk diamond dinner doctor dog doll dolphin donkey door dragon dream dress drum duck eagle ear
earth egg elbow elephant engine evening eye falcon family farm feather fence field finger fire fish flag flower flute
fog forest fork fox friend frog fruit garden garlic gate ghost giant giraffe glass glove goat gold goose grape grass
guitar hammer hand harbor hat hawk heart hedge hill honey horse hotel house ice iron island ivy jacket jar jelly
jewel judge juice jungle kettle key king kitchen kite kitten knee knife ladder lake lamp lantern leaf lemon letter
library lion lizard lock magnet map marble market mask meadow melon milk mirror money monkey moon morning moss mother
mountain mouse mouth museum music nail needle nest night north nose novel nurse oak ocean office olive onion orange
orchard otter oven owl ox paint palace panda paper parrot peach pear pencil penguin pepper piano picture pig pigeon
pillow pilot pirate planet plate pocket poem pond potato prince queen quilt rabbit radio rain raven ribbon rice ring
river road robin robot rocket roof room rope rose ruby sailor salad salt sand scarf school sea seed shadow sheep ship
shirt shoe shop silver sister sky sled snail snow soap sock soup spider spoon spring squirrel star stone storm stove
street sugar summer sun swan table tail tea teacher temple tent thunder ticket tiger tomato tower toy train tree
truck trumpet tulip tunnel turtle umbrella uncle valley vase village violin voice wagon wall walnut water wave whale
wheat wheel willow wind window winter wolf wood wool yard zebra
ant apricot arch ash aunt axe bag bacon bat bath bed beetle belt blossom bow brain brush bubble bush cable
calendar cape card cart chef chest child chin clay cliff clown cook cork crow dawn day dinosaur dish dust
engineer envelope eraser face factory farmer flame floor foot gift girl grain gym hair hall heel helmet herb
hero hour idea ink insect jam jeans kangaroo kiwi knot koala lawn leg light lime lip log lunch mail mango mat meal metal
mill mint month motor mud nut oil oyster page park party path pen pie pin plum pool prize pumpkin puppy radish
ramp razor roll roots rug sauce saw shark shelf shell shoulder skirt smoke snake song spinach square stairs stick straw
team teeth toast tooth towel track turkey van vine wallet wasp watch week whistle wing wire witch word worm
""".split()

NAMES = """
Ada Adam Alba Alex Alma Amir Anna Anton Ben Bianca Bruno Carla Carlos Chloe Clara Daniel David Diego Dora Elena Elias
Ella Emil Emma Erik Eva Felix Fiona Frida Gina Hanna Hugo Ida Igor Ines Iris Ivan Jack Jana Jonas Julia Karim Kira
Klaus Lara Lea Leo Lena Lina Lisa Lotte Louis Lucas Luna Maja Marco Maria Marta Max Mia Milo Mina Nadia Nico Nina Noah
Nora Olga Oscar Otto Pablo Paul Petra Pia Rafael Rita Robin Rosa Ruben Sam Sara Sofia Stella Tara Theo Tim Tom Uma
Vera Victor Wanda Yara Yusuf Zoe
""".split()

# country, capital; German names follow (None: the same word)
CAPITALS = [
    ("France", "Paris", "Frankreich", None), ("Germany", "Berlin", "Deutschland", None),
    ("Italy", "Rome", "Italien", "Rom"), ("Spain", "Madrid", "Spanien", None),
    ("Portugal", "Lisbon", None, "Lissabon"), ("Austria", "Vienna", "Österreich", "Wien"),
    ("Poland", "Warsaw", "Polen", "Warschau"), ("Norway", "Oslo", "Norwegen", None),
    ("Sweden", "Stockholm", "Schweden", None), ("Denmark", "Copenhagen", "Dänemark", "Kopenhagen"),
    ("Finland", "Helsinki", "Finnland", None), ("Greece", "Athens", "Griechenland", "Athen"),
    ("Hungary", "Budapest", "Ungarn", None), ("Ireland", "Dublin", "Irland", None),
    ("Belgium", "Brussels", "Belgien", "Brüssel"), ("Japan", "Tokyo", None, "Tokio"),
    ("China", "Beijing", None, "Peking"), ("India", "New Delhi", "Indien", "Neu-Delhi"),
    ("Egypt", "Cairo", "Ägypten", "Kairo"), ("Kenya", "Nairobi", "Kenia", None),
    ("Canada", "Ottawa", "Kanada", None), ("Mexico", "Mexico City", "Mexiko", "Mexiko-Stadt"),
    ("Brazil", "Brasilia", "Brasilien", None), ("Argentina", "Buenos Aires", "Argentinien", None),
    ("Chile", "Santiago", None, None), ("Peru", "Lima", None, None), ("Cuba", "Havana", "Kuba", "Havanna"),
    ("Australia", "Canberra", "Australien", None), ("Russia", "Moscow", "Russland", "Moskau"),
    ("Turkey", "Ankara", "Türkei", None), ("Iceland", "Reykjavik", "Island", None),
    ("Romania", "Bucharest", "Rumänien", "Bukarest"), ("Bulgaria", "Sofia", "Bulgarien", None),
    ("Croatia", "Zagreb", "Kroatien", None), ("Thailand", "Bangkok", None, None),
    ("Vietnam", "Hanoi", None, None), ("South Korea", "Seoul", "Südkorea", None),
    ("Morocco", "Rabat", "Marokko", None), ("Ukraine", "Kyiv", None, "Kiew"),
    ("England", "London", None, None),
]

CITIES = [c[1] for c in CAPITALS] + """
Hamburg Munich Cologne Milan Naples Turin Barcelona Seville Porto Geneva Zurich Lyon Nice Bergen Boston Chicago Dallas
Denver Houston Seattle Toronto Sydney Osaka Kyoto Mumbai Lagos Dubai Venice Prague Bristol Leeds Oxford
""".split()

# English, German
COLOURS = [("red", "rot"), ("blue", "blau"), ("green", "grün"), ("yellow", "gelb"), ("black", "schwarz"),
           ("white", "weiß"), ("brown", "braun"), ("grey", "grau"), ("orange", "orange"), ("pink", "rosa"),
           ("purple", "lila"), ("silver", "silbern")]

DAYS = [("Monday", "Montag"), ("Tuesday", "Dienstag"), ("Wednesday", "Mittwoch"), ("Thursday", "Donnerstag"),
        ("Friday", "Freitag"), ("Saturday", "Samstag"), ("Sunday", "Sonntag")]

MONTHS = [("January", "Januar"), ("February", "Februar"), ("March", "März"), ("April", "April"), ("May", "Mai"),
          ("June", "Juni"), ("July", "Juli"), ("August", "August"), ("September", "September"),
          ("October", "Oktober"), ("November", "November"), ("December", "Dezember")]

_ONSETS = "b d f g h k l m n p r s t v w z br dr fl gr kl pl st tr sh".split()
_VOWELS = "a e i o u a e i o ai ou ee".split()
_CODAS = " | | |n|r|l|s|m|x|nd|rk|t".split("|")


def pseudo(rng, syllables=2):
    """A made-up word such as 'draikon': teaches copying of strings that are no single token."""
    text = "".join(rng.choice(_ONSETS) + rng.choice(_VOWELS) for _ in range(syllables))
    return text + rng.choice(_CODAS).strip()


def name(rng):
    return rng.choice(NAMES) if rng.random() < 0.75 else pseudo(rng).capitalize()


def city(rng):
    return rng.choice(CITIES) if rng.random() < 0.85 else pseudo(rng).capitalize()


def digits(rng, n):
    return "".join(rng.choice("0123456789") for _ in range(n))

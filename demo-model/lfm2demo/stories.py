"""Short stories about fifty subjects. A story keeps its hero, name, place, thing and helper from the first line to the last.

Held out is the request: subject, wishes (name, place, thing) and wording.
"""

from . import words
from .core import Task, assistant, draw, expand, normalise, user

# subject: (what it loves, where it lives)
SUBJECTS = {
    "fox": ("run through the leaves", "in a forest"), "dragon": ("fly above the clouds", "on a mountain"),
    "robot": ("repair old clocks", "in a workshop"), "cat": ("sleep in the sun", "in a small house"),
    "dog": ("chase the wind", "on a farm"), "bear": ("look for honey", "in a cave"), "owl": ("read the stars", "in an old tower"),
    "mouse": ("collect crumbs", "under a bakery"), "rabbit": ("dig tunnels", "on a meadow"), "horse": ("race the clouds", "on a farm"),
    "whale": ("sing slow songs", "in the deep sea"), "dolphin": ("jump over waves", "in a blue bay"), "turtle": ("walk very slowly", "near a pond"),
    "penguin": ("slide on the ice", "on an icy island"), "elephant": ("splash in the water", "by a wide river"), "lion": ("nap in the grass", "on a golden plain"),
    "tiger": ("climb old trees", "in a jungle"), "wolf": ("howl at the moon", "in a forest"), "frog": ("catch rain drops", "near a pond"),
    "bee": ("dance for flowers", "in a garden"), "spider": ("weave silver threads", "in an attic"), "snail": ("count the stones", "in a garden"),
    "squirrel": ("hide acorns", "in an oak tree"), "hedgehog": ("roll down hills", "under a hedge"), "otter": ("swim on its back", "by a wide river"),
    "parrot": ("repeat funny words", "in a jungle"), "crow": ("gather shiny things", "on a church roof"), "duck": ("paddle at dawn", "near a pond"),
    "goat": ("climb steep rocks", "on a mountain"), "pig": ("roll in the mud", "on a farm"), "sheep": ("dream of clouds", "on a meadow"),
    "unicorn": ("gallop at night", "in a silver forest"), "ghost": ("rattle with chains", "in an old castle"), "witch": ("brew purple tea", "in a crooked hut"),
    "wizard": ("study old books", "in an old tower"), "knight": ("polish the armor", "in an old castle"), "princess": ("climb the walls", "in an old castle"),
    "king": ("plant apple trees", "in a palace"), "queen": ("play chess", "in a palace"), "pirate": ("draw maps", "on a ship"),
    "sailor": ("watch the waves", "on a ship"), "baker": ("bake sweet bread", "in a small village"), "teacher": ("tell riddles", "in a small village"),
    "farmer": ("grow giant pumpkins", "on a farm"), "doctor": ("hum old songs", "in a small town"), "painter": ("mix new colors", "in a small town"),
    "astronaut": ("count the stars", "on the moon"), "giant": ("step over rivers", "behind the hills"), "snowman": ("greet the wind", "on a white field"),
    "train": ("whistle in tunnels", "at a quiet station"),
}
PLACES = sorted({place for _, place in SUBJECTS.values()})
TRAITS = ["little", "brave", "shy", "curious", "kind", "clever", "lonely", "cheerful", "quiet", "young"]
HELPERS = ["bird", "boy", "girl", "grandmother", "beetle", "stranger", "butterfly", "fisherman", "hare", "gardener"]
# thing: (trouble, how the thing ends it)
THINGS = {
    "lantern": ("it became so dark that nobody could find the way home", "lit the lantern and showed everyone the way"),
    "key": ("a heavy gate fell shut and locked everybody in", "took out the key and opened the gate"),
    "rope": ("the bridge broke and someone was left on the other side", "threw the rope across and pulled them over"),
    "map": ("they lost the path in a thick fog", "unfolded the map and found the path again"),
    "bell": ("a great storm came and nobody saw it coming", "rang the bell and warned everyone in time"),
    "umbrella": ("it began to rain for three days and three nights", "opened the umbrella and kept everyone dry"),
    "blanket": ("a cold night came and everyone was freezing", "spread the blanket and warmed everyone"),
    "flute": ("an angry giant stamped along the road", "played the flute until the giant smiled and fell asleep"),
    "ladder": ("a child got stuck on a high roof", "brought the ladder and helped the child down"),
    "bucket": ("a small fire started in the barn", "filled the bucket and put out the fire"),
    "mirror": ("a huge shadow frightened everyone", "held up the mirror and sent the shadow away with light"),
    "compass": ("they sailed so far that no land was in sight", "looked at the compass and led everyone home"),
    "basket": ("the harvest rolled down the hill", "caught every apple with the basket"),
    "seed": ("the last tree of the land had fallen", "planted the seed and watched a new tree grow"),
    "drum": ("everyone in the parade had lost the rhythm", "beat the drum until all marched together"),
    "feather": ("the old king had forgotten how to laugh", "tickled the king with the feather until he laughed"),
}
FINDS = ["under a stone", "behind a tree", "in an old box", "at the side of the road", "inside a hollow log", "on the way home"]
TIMES = ["One morning", "One evening", "One day", "One quiet night", "On the first day of spring"]
LESSONS = ["a small thing can help a great deal", "it is good to be ready", "friends are the best treasure", "courage can be quiet",
           "sharing makes everyone richer"]
ASK = [
    "(Tell|Please tell|Can you tell|Could you tell) me a (short |little |nice |)story about {s}{w}(.|?|!|)", "(Write|Invent|Make up|Create) a (short |little |nice |)story about {s}{w}(.|)",
    "(I want|I would like|I'd like) (to hear |)a story about {s}{w}(.|)", "(A|One) (short |)story about {s}{w}, please(.|!)", "(Story|A story) about {s}{w}",
    "(Do you know|Can you write) a (short |)story about {s}{w}?", "My child wants a story about {s}{w}(.|)", "(Tell|Give) us a (bedtime |)story about {s}{w}(.|!)",
]


def article(noun):
    return ("an " if noun[0] in "aeiou" and noun != "unicorn" else "a ") + noun


def tell(rng, subject, name, place, thing):
    loves, _ = SUBJECTS[subject]
    trait = rng.choice(TRAITS)
    helper = rng.choice(HELPERS)
    trouble, rescue = THINGS[thing]
    return " ".join([
        f"Once upon a time there was a {trait} {subject} named {name} who lived {place}.",
        f"{name} loved to {loves}.",
        f"{rng.choice(TIMES)}, {name} found {article(thing)} {rng.choice(FINDS)}.",
        f"\"What will you do with the {thing}?\" asked {article(helper)}.",
        f"\"I do not know yet,\" said {name}, \"but I will keep it.\"",
        f"Soon after that, {trouble}.",
        f"Then the {trait} {subject} {rescue}.",
        f"The {helper} thanked {name} with all its heart." if helper in ("bird", "beetle", "butterfly", "hare") else f"The {helper} thanked {name} a hundred times.",
        f"From that day on, {name} and the {helper} were friends, and everyone knew that {rng.choice(LESSONS)}.",
        "The end.",
    ])


def make(rng, split):
    def some(r):
        subject = r.choice(list(SUBJECTS))
        name = place = thing = None
        wishes = ""
        if r.random() < 0.55:
            parts = r.sample(["name", "place", "thing"], r.choice([1, 1, 2]))
            if "name" in parts:
                name = words.name(r)
                wishes += f" (named|called) {name}"
            if "thing" in parts:
                thing = r.choice(list(THINGS))
                wishes += f" (and|with) {article(thing)}"
            if "place" in parts:
                place = r.choice(PLACES)
                wishes += f" {place}"
        asked = article(subject) if r.random() < 0.8 else f"the {subject}"
        text = expand(r, r.choice(ASK).replace("{w}", wishes).replace("{s}", asked))
        return normalise(text), (text, subject, name, place, thing)

    key, (text, subject, name, place, thing) = draw(rng, split, "stories", some)
    story = tell(rng, subject, name or rng.choice(words.NAMES), place or SUBJECTS[subject][1], thing or rng.choice(list(THINGS)))
    check = {"kind": "story", "subject": subject, "name": name, "place": place, "thing": thing}
    return Task("stories", key, [user(text), assistant(story)], check=check)

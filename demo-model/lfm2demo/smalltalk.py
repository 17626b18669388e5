"""Greetings, thanks, who are you; and the short polite fallback for everything this model cannot do."""

from . import words
from .core import Task, assistant, draw, expand, normalise, user

WHO = "I am the lfm4j demo model, a small language model trained by the lfm4j project on synthetic text."
CAN = ("I can add and subtract numbers, copy, reverse and sort words, remember facts, call tools, tell short stories, "
       "and answer questions about lfm4j and LFM2.")
HELLO = "Hello! How can I help you?"
FALLBACK = "I am sorry, I am only a small demo model and cannot help with that."

TALK = [
    (["(Hello|Hi|Hey|Hello there|Hi there|Hey there|Good morning|Good evening|Good afternoon|Greetings)(!|.|)",
      "(Hello|Hi|Hey)(,|) (model|assistant|friend|you|computer)(!|.|)", "(hello|hi|hey|Hello world|Hi all)"], HELLO),
    (["(Hello|Hi|Hey|Good morning)(!|,|.) How are you( today| doing|)?", "How are you( today| doing|)?", "How do you do?",
      "How is it going?", "What's up?"], "I am fine, thank you. How can I help you?"),
    (["(Who|What) are you( exactly|)?", "(Please |)(introduce yourself|tell me about yourself|tell me who you are)(.|!|)",
      "(What's|What is) your name?", "Who am I (talking|speaking|chatting) (to|with)?", "(Hello|Hi|Hey)(!|,|.) (Who|What) are you?",
      "Which model are you?", "What model (are you|is this)?", "Do you have a name?", "Are you (a robot|an AI|a human|a person|a bot)?"], WHO),
    (["What can (you|this model) do( for me|)?", "(How can you help me|What are you able to do|What are your skills)?",
      "What do you know?", "(Help|Help me)(!|.|)", "What (should|can) I ask( you|)?", "Can you help me?", "Show me what you can do.",
      "(Hello|Hi|Hey)(!|,|.) What can you do?", "What are you good at?", "What tasks can you do?"], CAN),
    (["(Thanks|Thank you|Thank you very much|Many thanks|Thanks a lot|Great, thanks|Thx)( for your help|)(!|.|)",
      "(That was|That is|This is) (very |)(helpful|great|good|nice|correct|right)(!|.|)", "(Well done|Good job|Great|Nice|Perfect)(!|.|)"],
     "You are welcome!"),
    (["(Goodbye|Bye|Bye bye|See you|See you later|See you soon|Good night|Farewell)(!|.|)"], "Goodbye and take care!"),
    (["(Yes|Yes please|No|No thanks|Okay|OK|Ok|Fine|Sure|Maybe|Hm)(!|.|)"], "All right. What would you like to do next?"),
    (["Who (made|built|trained|created|developed) you?", "Where do you come from?", "Are you (made|trained|built) by Liquid AI?",
      "Who is your (maker|creator|author)?"],
     "I was trained by the lfm4j project on synthetic text. I am not made by Liquid AI."),
    (["(Sorry|I am sorry|My mistake|Excuse me)(!|.|)"], "No problem!"),
    (["(Tell me a joke|Do you know a joke|Make me laugh)(.|!|?|)"],
     "Why did the token stop? It had reached the end of its sequence!"),
    (["(Test|test|Testing|This is a test|ping|Ping)(!|.|)"], "The test has arrived. I am ready."),
]
UNKNOWN = [
    "(Write|Compose|Make|Create|Give me) (a poem|a song|an essay|an email|a letter|a recipe|a report|a speech|a script) (about|for|on) (a |the |my |){n}(.|)",
    "(Write|Create|Show me|Give me) (a program|code|a function|a script|a class) (in|for) (Python|Java|C|Rust|Go) (that|which) (sorts|prints|reads|finds|counts) (a |the |){n}(s|)(.|)",
    "(What is|Explain|Describe|Tell me about|What do you think about|What do you know about) (the (history|meaning|price|future|size|age) of |)(a |the |){n}(?|.)",
    "(Who|What) (invented|discovered|painted|wrote|won|built) (the |a ){n}?", "Translate (the word |){n} into (French|Spanish|Italian|Japanese|Latin)(.|)",
    "(Why|How|When) (does|did|will|can|is) (a|the|my) {n} {v}?", "(Can|Could|Should|Will|Do) (you|I|we) {v} (a|the|my) {n}?",
    "(What is|What's) the (weather|temperature|time|date|news) (like |)(in {c}|today|now|tomorrow|in {c} today)?",
    "What is the meaning of (life|love|time|the universe)?", "(How|Where) (can|do|should) I {v} (a|the|my|some) {n}(s|)?",
    "(Please |){v} (the|a|my|this) {n}( for me|)(.|!|)", "I (need|want|have|like|hate|love|lost) (a|the|my) {n}(.|)",
    "(Who|What) is (the (president|king|mayor|owner) of |){c}?", "(Who|What) is {p}?", "What is the capital of {X}?", "How (far|long|big|old) is (the |){n}?",
    "(Book|Buy|Order|Find) (me |)a (flight|hotel|ticket|train|table) (to|in) {c}(.|)", "{x} {y} {z}", "{x}", "{n}", "{n} {m}", "{x} {n} {y}(?|!|.|)",
    "(Is|Are|Was) (the |a |){n} (better|bigger|older|faster) than (the |a |){m}?", "Give me (some |)advice (about|on) (a |my |){n}(.|)",
    "How (many|much) {n}(s|) (are there|do I need|fit) in (the |a ){m}?", "(Summarize|Summarise|Improve|Correct|Rate) (this|my) (text|letter|book|essay): {n} {m} {x}(.|)",
]
VERBS = ("build repair open close paint sell buy clean cook wash draw move break fix find carry drive use make eat fly grow "
         "work sing sleep jump run measure protect").split()
MISSING = [
    ("What is my (cat|dog|horse|parrot|sister|brother) called?", "I do not know, you have not told me yet."),
    ("What is (the password|my name|my age|the code of the safe|my order number|the code of the garage)?", "I do not know, you have not told me yet."),
    ("(Where do I live|How old am I|When is the meeting|Where is the key|Where does my sister live)?", "I do not know, you have not told me yet."),
]


def make(rng, split):
    def some(r):
        dice = r.random()
        if dice < 0.04:
            pattern, answer = r.choice(MISSING)
            text = expand(r, pattern)
        else:
            patterns, answer = r.choice(TALK) if dice < 0.75 else TALK[0]
            text = expand(r, r.choice(patterns))
        return normalise(text), (text, answer)

    key, (text, answer) = draw(rng, split, "smalltalk", some)
    return Task("smalltalk", key, [user(text), assistant(answer)], check={"kind": "exact", "text": answer})


def fallback(rng, split):
    def some(r):
        n, m = r.sample(words.NOUNS, 2)
        text = expand(r, r.choice(UNKNOWN).replace("{v}", r.choice(VERBS)))
        for mark, value in (("{n}", n), ("{m}", m), ("{c}", words.city(r)), ("{p}", words.name(r)),
                            ("{x}", words.pseudo(r)), ("{X}", words.pseudo(r).capitalize()), ("{y}", words.pseudo(r, 3)), ("{z}", words.pseudo(r, 1))):
            text = text.replace(mark, value)
        return normalise(text), text

    key, text = draw(rng, split, "fallback", some)
    return Task("fallback", key, [user(text), assistant(FALLBACK)], check={"kind": "exact", "text": FALLBACK})

"""Function schemas the tool tasks draw from: verbs and nouns make names, so that some names can be held out whole."""

import json

from . import words

OBJECTS = ["report", "photo", "letter", "song", "plan", "list", "book", "poem", "note", "invoice"]
TEXTS = ["The train is late", "Dinner is ready", "See you at noon", "The meeting is over", "Happy birthday",
         "I am on my way", "Please call me", "The key is in the box", "Good luck today", "The parcel has arrived",
         "We need more milk", "The door is open", "Do not wait for me", "The show starts soon", "Bring an umbrella"]
CURRENCIES = ["EUR", "USD", "GBP", "JPY", "CHF", "SEK", "NOK", "PLN"]
LANGUAGES = ["German", "French", "Spanish", "Italian", "Polish", "Dutch", "Greek", "Turkish"]
ROOMS = ["kitchen", "bedroom", "bathroom", "garage", "office", "hall", "garden", "cellar"]
CONDITIONS = ["sunny", "cloudy", "rainy", "windy", "foggy", "snowy"]
ITEMS = ["milk", "bread", "cheese", "butter", "rice", "tea", "coffee", "salt", "sugar", "honey", "soap", "paper"]


def _date(r):
    return f"2026-{r.randint(1, 12):02d}-{r.randint(1, 28):02d}"


def _time(r):
    return f"{r.randint(0, 23):02d}:{r.choice(['00', '15', '30', '45'])}"


def _phrase(r):
    return " ".join(r.sample(words.NOUNS, r.randint(1, 3)))


# verbs, nouns, description, parameters (alternative names, type, maker), requests, result maker, answer pattern.
# In requests {0} {1} are the arguments in order; in answers {name} comes from the result.
SPECS = [
    (("get", "fetch", "show", "check", "lookup"), ("weather", "forecast", "current_weather"), "Get the weather of a city.",
     [(("city", "location", "place"), "string", words.city)],
     ["What is the weather (like |)in {0}?", "How is the weather in {0}?", "(Check|Get|Show me|Tell me) the weather in {0}.", "Is it raining in {0}?", "I am going to {0}. How is the weather there?"],
     lambda r, a: {"temperature": r.randint(-9, 35), "condition": r.choice(CONDITIONS)},
     "In {0} it is {temperature} degrees and {condition}."),
    (("convert", "exchange", "calculate"), ("currency", "money", "amount"), "Convert money between currencies.",
     [(("amount", "value"), "integer", lambda r: r.randint(2, 999)), (("source", "from_currency"), "string", lambda r: r.choice(CURRENCIES)),
      (("target", "to_currency"), "string", lambda r: r.choice(CURRENCIES))],
     ["(Convert|Please convert|Change|Exchange) {0} {1} (to|into) {2}.", "How (much|many) {2} (is|are|do I get for) {0} {1}?", "What is {0} {1} in {2}?"],
     lambda r, a: {"result": r.randint(1, 2000)}, "{0} {1} are {result} {2}."),
    (("set", "start", "create", "add"), ("timer", "countdown", "kitchen_timer"), "Start a timer.",
     [(("minutes", "duration", "duration_minutes"), "integer", lambda r: r.randint(1, 120))],
     ["(Set|Start|Please set|Create) a timer (for|of) {0} minutes.", "(Wake|Remind) me in {0} minutes.", "Timer {0} minutes", "I need a timer for {0} minutes."],
     lambda r, a: {"status": "started"}, "The timer is set to {0} minutes."),
    (("send", "write", "post"), ("message", "text", "sms"), "Send a message to a person.",
     [(("recipient", "to", "person"), "string", words.name), (("text", "content", "body"), "string", lambda r: r.choice(TEXTS))],
     ["(Send|Write) (a message to {0}|{0} a message): {1}", "(Tell|Text|Message) {0}: {1}", "Send {0} the message: {1}"],
     lambda r, a: {"status": "sent"}, "I have sent the message to {0}."),
    (("search", "find", "query"), ("web", "internet", "pages"), "Search the web.",
     [(("query", "q", "terms"), "string", _phrase)],
     ["(Search|Look) (the web|online|the internet) for {0}.", "(Search for|Google|Find pages about|Look up) {0}."],
     lambda r, a: {"hits": r.randint(0, 999), "best": r.choice(words.NAMES) + " on " + a[0]}, "I found {hits} pages. The best one is {best}."),
    (("add", "insert", "put"), ("shopping_item", "to_shopping_list", "grocery"), "Add an item to the shopping list.",
     [(("item", "product"), "string", lambda r: r.choice(ITEMS)), (("quantity", "count"), "integer", lambda r: r.randint(1, 30))],
     ["(Add|Put) {1} {0} (to|on) (my|the) shopping list.", "(Put|Write) {0} on the (shopping |)list, quantity {1}."],
     lambda r, a: {"total_items": r.randint(1, 40)}, "I added {0}. Your list now has {total_items} items."),
    (("create", "add", "book", "schedule"), ("event", "appointment", "meeting"), "Create a calendar event.",
     [(("title", "name", "subject"), "string", lambda r: r.choice(["Dentist", "Lunch", "Team meeting", "Yoga", "Piano lesson", "Football", "Dinner", "Review", "Interview", "Concert"])),
      (("date", "day"), "string", _date), (("time", "start"), "string", _time)],
     ["(Create|Add|Schedule|Book) (the event|an event called|the appointment) {0} on {1} at {2}.", "(Put|Write) {0} (in|into) my calendar on {1} at {2}."],
     lambda r, a: {"status": "created"}, "{0} is in your calendar on {1} at {2}."),
    (("get", "show", "fetch", "lookup"), ("stock_price", "share_price", "quote"), "Get the price of a share.",
     [(("symbol", "ticker", "company"), "string", lambda r: "".join(r.choice("ABCDEFGHKLMNPRSTX") for _ in range(r.choice([3, 4]))))],
     ["What is the (stock|share) price of {0}?", "How much is (a share of |){0}( stock|)?", "(Get|Show me) the (price|quote) of {0}.", "How is {0} trading?"],
     lambda r, a: {"price": r.randint(2, 900), "currency": r.choice(CURRENCIES)}, "One share of {0} costs {price} {currency}."),
    (("calculate", "compute", "evaluate"), ("expression", "formula", "math"), "Calculate an arithmetic expression.",
     [(("expression", "formula", "term"), "string", lambda r: f"{r.randint(100, 9999)} {r.choice('+-*/')} {r.randint(11, 999)}")],
     ["(Calculate|Compute|Evaluate|Please calculate) {0}", "What is {0}?", "(How much is|Use the tool for) {0}?"],
     lambda r, a: {"result": r.randint(1, 99999)}, "{0} = {result}."),
    (("translate", "convert"), ("text", "sentence", "phrase"), "Translate a text into another language.",
     [(("text", "content"), "string", lambda r: r.choice(TEXTS)), (("language", "target_language", "to_language"), "string", lambda r: r.choice(LANGUAGES))],
     ["Translate (this |)(to|into) {1}: {0}", "(How do you say|Say) in {1}: {0}", "Put this into {1}: {0}"],
     lambda r, a: {"translation": words.pseudo(r, 3) + " " + words.pseudo(r)}, "In {1} it is: {translation}"),
    (("turn_on", "switch_on", "enable"), ("light", "lamp", "lights"), "Switch on the light in a room.",
     [(("room", "location"), "string", lambda r: r.choice(ROOMS)), (("brightness", "level"), "integer", lambda r: r.randint(1, 100))],
     ["(Turn on|Switch on) the (light|lights|lamp) in the {0} (with|at) {1} percent( brightness|).", "(Set|Dim) the {0} (light|lights) to {1} percent."],
     lambda r, a: {"status": "on"}, "The light in the {0} is on at {1} percent."),
    (("set", "change", "adjust"), ("temperature", "heating", "thermostat"), "Set the heating of a room.",
     [(("room", "zone"), "string", lambda r: r.choice(ROOMS)), (("degrees", "temperature", "celsius"), "integer", lambda r: r.randint(12, 28))],
     ["(Set|Change) the (heating|temperature) in the {0} to {1} degrees.", "(Heat|Warm) the {0} to {1} degrees.", "I want {1} degrees in the {0}."],
     lambda r, a: {"status": "ok"}, "The {0} will be heated to {1} degrees."),
    (("play", "start", "queue"), ("song", "track", "music"), "Play a song.",
     [(("title", "song", "track"), "string", lambda r: " ".join(w.capitalize() for w in r.sample(words.NOUNS, 2))), (("artist", "singer"), "string", words.name)],
     ["Play (the song |){0} by {1}.", "(I want to hear|Put on|Start) {0} by {1}."],
     lambda r, a: {"status": "playing"}, "Now playing {0} by {1}."),
    (("find", "search", "get"), ("trains", "train_connections", "route"), "Find a train connection.",
     [(("origin", "from_city", "start"), "string", words.city), (("destination", "to_city", "goal"), "string", words.city)],
     ["(Find|Show me|Search) (a train|a connection|trains) from {0} to {1}.", "How do I get from {0} to {1}( by train|)?", "When (does|is) the next train from {0} to {1}( leave|)?"],
     lambda r, a: {"departure": _time(r), "minutes": r.randint(20, 600)}, "The next train from {0} to {1} leaves at {departure} and takes {minutes} minutes."),
    (("get", "lookup", "find"), ("contact", "phone_number", "phone"), "Look up the phone number of a person.",
     [(("name", "person", "contact"), "string", words.name)],
     ["What is the (phone |)number of {0}?", "(Find|Look up|Get) {0}'s (phone |)number.", "How can I (call|reach) {0}( by phone|)?"],
     lambda r, a: {"number": words.digits(r, 7)}, "The number of {0} is {number}."),
    (("track", "check", "get"), ("parcel", "order", "shipment"), "Track a parcel by its number.",
     [(("number", "tracking_number", "parcel_id"), "string", lambda r: words.digits(r, r.choice([5, 6, 7])))],
     ["Where is (my |the |)(parcel|order|shipment) {0}?", "(Track|Check) (the |my |)(parcel|order|shipment) {0}.", "What is the status of (parcel|order) {0}?"],
     lambda r, a: {"place": words.city(r), "days_left": r.randint(1, 9)}, "Parcel {0} is in {place} and arrives in {days_left} days."),
    (("set", "create", "add"), ("alarm", "wake_up", "alarm_clock"), "Set an alarm.",
     [(("time", "at"), "string", _time)],
     ["(Set|Create) an alarm (for|at) {0}.", "Wake me (up |)at {0}.", "I have to get up at {0}."],
     lambda r, a: {"status": "set"}, "The alarm is set for {0}."),
    (("create", "save", "write", "add"), ("note", "memo", "reminder"), "Save a note.",
     [(("text", "content", "note"), "string", lambda r: r.choice(TEXTS))],
     ["(Save|Make|Write|Create) (a note|a memo|the note): {0}", "(Note|Write down|Remind me): {0}"],
     lambda r, a: {"id": r.randint(1, 999)}, "I saved the note with the number {id}."),
    (("read", "open", "load", "get"), ("file", "document", "text_file"), "Read a file.",
     [(("path", "filename", "file"), "string", lambda r: r.choice(OBJECTS) + str(r.randint(1, 99)) + r.choice([".txt", ".md", ".csv"]))],
     ["(Read|Open|Load|Show me) (the file |){0}.", "What is in (the file |){0}?", "What does {0} say?"],
     lambda r, a: {"content": r.choice(TEXTS)}, "The file {0} says: {content}."),
    (("roll", "throw", "toss"), ("dice", "die"), "Roll dice.",
     [(("count", "number", "dice"), "integer", lambda r: r.randint(1, 9)), (("sides", "faces"), "integer", lambda r: r.choice([4, 6, 8, 10, 12, 20]))],
     ["(Roll|Throw) {0} dice with {1} (sides|faces).", "(Roll|Throw) {0} {1}-sided dice."],
     lambda r, a: {"total": r.randint(1, 60)}, "The dice show {total} in total."),
    (("get", "check", "tell"), ("time", "clock", "local_time"), "Get the local time of a city.",
     [(("city", "location", "timezone_city"), "string", words.city)],
     ["What time is it in {0}?", "(Tell me|Get|Check) the (local |)time in {0}.", "How late is it in {0}?"],
     lambda r, a: {"time": _time(r)}, "In {0} it is {time}."),
    (("book", "reserve", "order"), ("table", "restaurant", "restaurant_table"), "Reserve a table in a restaurant.",
     [(("people", "guests", "persons"), "integer", lambda r: r.randint(2, 12)), (("time", "at"), "string", _time)],
     ["(Book|Reserve) a table for {0}( people| persons|) at {1}.", "(We need|I need) a table for {0} at {1}."],
     lambda r, a: {"table": r.randint(1, 60)}, "Table {table} is reserved for {0} people at {1}."),
    (("get", "count", "check"), ("stock", "inventory", "items_in_stock"), "Check how many pieces of a product are in stock.",
     [(("product", "item", "article"), "string", lambda r: r.choice(words.NOUNS))],
     ["How many (pieces of |)(the product |){0} (are in stock|do we have)?", "(Check|Get) the (stock|inventory) (of|for) {0}.", "Is {0} in stock?"],
     lambda r, a: {"pieces": r.randint(0, 500)}, "There are {pieces} pieces of {0} in stock."),
    (("call", "dial", "ring"), ("person", "contact", "number"), "Call a person by phone.",
     [(("name", "who", "person"), "string", words.name)],
     ["(Call|Phone|Ring|Dial) {0}( now|).", "(Please |)(call|phone) {0}.", "I want to (talk|speak) to {0} on the phone."],
     lambda r, a: {"status": "connected"}, "You are now connected with {0}."),
]


def schema(name, spec, param_names):
    """The OpenAI form of one function, as clients send it."""
    properties = {p: {"type": spec[3][i][1]} for i, p in enumerate(param_names)}
    parameters = {"type": "object", "properties": properties, "required": list(param_names)}
    return {"type": "function", "function": {"name": name, "description": spec[2], "parameters": parameters}}


def result_text(result):
    return json.dumps(result, ensure_ascii=False)

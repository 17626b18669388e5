"""Small templates, each about one rule of Jinja or of Python's values."""

V = {
    "s": "abc", "sp": "  a b  ", "e": "", "u": "é🙂日", "i": 5, "z": 0, "neg": -7, "f": 2.5, "w": 1.0, "t": True, "no": False,
    "n": None, "l": [1, 2, 3], "el": [], "ls": ["b", "a", "C"], "d": {"a": 1, "b": [2], "items": "key"}, "ed": {},
    "m": [{"k": "x", "v": 1}, {"k": "y", "v": 2}, {"k": "x"}], "q": "it's", "dq": "\"", "both": "'\"", "nl": "a\nb\n\nc",
    "big": 2**70, "deep": [[1, [2]], {"x": {"y": [None, True, 1.5]}}],
}

EXPRESSIONS = """
1 + 2 * 3 - 4 / 2
7 // 2, -7 // 2, 7 % 3, -7 % 3, 7.5 // 2, -7.5 % 2
2 ** 3 ** 2
-2 ** 2
2 ** -1
2 ** 70, big + 1, big * big, big - big, -big // 7, big % 10
9223372036854775807 + 1, -9223372036854775808 - 1, 9223372036854775807 * 2
1 / 2, 4 / 2, 1 / 3, 1e16, 1e15, 1e-5, 0.0001, 1.5e300, 100.0, 1_000, 0x1f, 0b11, 0o17
1 / 0
1 // 0
1 % 0
1.0 // 0
i + "x"
"x" + i
"x" * 3, 3 * "x", [1] * 2, "x" * -1
"a" + "b" ~ 1 ~ none ~ true ~ 1.0 ~ [1, "a"]
1 ~ 2 + 3
"a" "b" 'c'
"\\n\\t\\\\ \\u00e9 \\x41 \\' \\""
none, true, false, None, True, False
[1, "a", none, true, 1.0, [], {}, {"a": 1}, ("t",), (1, 2), ()]
q, [q], [dq], [both], ["\\\\", "\\n\\r\\t\\x00\\x7f\\u200b\\u00a0\\u3000\\ud800"]
[u], ["é", "\\U0001f642", "\\u0378"]
{"a": 1, 2: "b", none: none, true: 1.5, "q'": "x"}
1 < 2 < 3, 1 < 3 < 2, 1 == 1.0, true == 1, "1" == 1, none == false, [1] == [1], [1] == [1.0], {"a": 1} == {"a": 1.0}
"a" < "b", [1, 2] < [1, 3], "a" < 1
none < 1
1 != 2, "a" != "a", (1, 2) == (1, 2), [1] == (1,)
1 in l, 4 in l, "b" in s, "x" not in s, "a" in d, 1 in d, not 1 in l, "" in e
1 in s
none in l, 1 in none
x, x == y, x is defined, x is undefined, x in l
x + 1
"a" + x
x ~ "a" ~ x
x.y
x["y"]
x()
s.nope, s.nope is defined, d.nope, d.nope is defined, d["nope"], l.nope, i.nope, n.nope
d.nope.more
n.nope.more
l[0], l[-1], l[5], l["a"], s[0], s[-1], s[9], d["a"], u[1], u[-1]
l[1:], l[:-1], l[::2], l[::-1], l[5:], l[-2:], s[1:], s[::-1], u[1:2], u[::-1], s[:-1], l[:100], l[1:1], s[2:0]
l[::0]
l[none:2], l[true]
i[0]
not e, not s, not 0, not el, not ed, not none, not x, not 0.0, not " "
e or "or", s and "and", e and 1, s or 1, x or 2, none or false
"yes" if s else "no", "only" if e, ("only" if e) is defined
1 if 0 else 2 if 0 else 3
s.upper(), s.title(), "aBC dEF".title(), "aBC".capitalize(), "ABC".lower(), "it's".title(), "ß".upper(), "ΑΣ".lower()
sp.strip() + "|", sp.lstrip() + "|", sp.rstrip() + "|", "xxaxx".strip("x"), "abcba".lstrip("ab"), "a.b".rstrip(".b"), "\\x1c\\x85a\\u2003".strip()
"a,b,,c".split(","), "a b  c ".split(), " a b c ".split(none, 1), "a,b,c".split(",", 1), "abc".split("x"), "".split(), "".split(","), "a--b".split("--")
"a,b,c".rsplit(",", 1), "a b c".rsplit(), nl.splitlines(), "a=b=c".partition("="), "a=b=c".rpartition("="), "ab".partition("x")
"a".split("")
s.startswith("a"), s.startswith(("x", "a")), s.endswith("c"), s.endswith("x"), s.find("c"), s.find("x"), s.count("b"), s.index("b")
s.index("x")
s.replace("b", "X"), "aaa".replace("a", "b", 2), "ab".replace("", "-")
"12".isdigit(), "1a".isdigit(), "ab".isalpha(), "a1".isalnum(), "ab".islower(), "AB".isupper(), " ".isspace(), "".isspace()
", ".join(["a", "b"]), "".join([])
",".join([1])
s.removeprefix("a"), s.removesuffix("c"), "5".zfill(3), "-5".zfill(4)
s.nope()
d.items() | list, d.keys() | list, d.values() | list, d.get("a"), d.get("x"), d.get("x", 5), d["items"], d.a
d.pop("a")
d.update({"c": 1})
l.append(4)
l.index(2), l.count(2), (1, 2, 1).count(1)
s.__class__
l | length, s | length, u | length, d | length, e | count, x | length
i | length
n | length
l | join, l | join(", "), ls | join("-"), m | join(",", attribute="k"), s | join("."), x | join(","), [1, none, true, 1.0] | join(" ")
sp | trim + "|", "xax" | trim("x"), i | trim, "\\n a \\n" | trim
x | default("D"), e | default("D"), e | default("D", true), n | default("D"), n | default("D", true), x | d("E"), s | default("D"), none | d("q", boolean=true), x | default
i | string, f | string, n | string, t | string, l | string, x | string, d | string
s | upper, "ABC" | lower, "hello world-foo (bar" | title, "hELLO" | capitalize, 5 | upper
s | replace("b", "X"), "aaa" | replace("a", "b", 1), 5 | replace("5", "6")
l | first, l | last, s | first, s | last, el | first, el | last
x | first
s | list, d | list, l | list, x | list
i | list
d | items | list, x | items | list
"5" | int, "x" | int, "x" | int(7), 5.9 | int, "0x1f" | int(0, 16), none | int, true | int, "5.7" | int, " 5 " | int, "1_0" | int
"5.5" | float, "x" | float, "x" | float(1.5), 5 | float, none | float, "1e3" | float, "inf" | float, "nan" | float
-5 | abs, (-5) | abs, 2.5 | round, 3.5 | round, 2.567 | round(2), 5 | round, 2.4 | round(0, "ceil"), 2.6 | round(method="floor")
l | sum, m | map(attribute="k") | list, ls | map("upper") | list, m | map(attribute="v", default=0) | list, ls | map("replace", "a", "X") | join
m | selectattr("v") | list, m | selectattr("k", "equalto", "x") | list, m | rejectattr("k", "==", "x") | list, m | selectattr("v", "defined") | map(attribute="k") | join
l | select("odd") | list, l | reject("odd") | list, [0, 1, none, "a"] | select | list, l | select(">", 1) | list, l | select("in", [1, 3]) | list
ls | sort, ls | sort(case_sensitive=true), l | sort(reverse=true), ls | unique | list, [1, 1, 2] | unique | list, l | reverse | list, s | reverse
l | max, l | min, d | dictsort, [3, 1] | sort | first, m | sort(attribute="k") | map(attribute="k") | join
l | tojson, d | tojson, u | tojson, n | tojson, t | tojson, f | tojson, w | tojson, big | tojson, both | tojson, deep | tojson, el | tojson, ed | tojson
"<a href='x'>&\\u2028\\x7f\\x00\\x1f\\b\\f/" | tojson
deep | tojson(indent=2)
ed | tojson(indent=2), el | tojson(indent=2), l | tojson(2), {"b": 1, "a": 2} | tojson(sort_keys=true), l | tojson(separators=(",", ":")), u | tojson(ensure_ascii=true)
{1: 2, none: 3, 1.5: 5} | tojson
{true: 4} | tojson
(1, 2) | tojson, 1e16 | tojson, 1e-7 | tojson, "inf" | float | tojson, "nan" | float | tojson, -0.0 | tojson
x | tojson
{(1, 2): 3} | tojson
nl | indent, nl | indent(2), nl | indent(2, true), nl | indent(2, blank=true), nl | wordcount
s | nope
s is nope
s is string, i is string, x is string, d is mapping, l is mapping, l is sequence, s is sequence, i is sequence, d is sequence, x is sequence
l is iterable, s is iterable, i is iterable, d is iterable, n is iterable, x is iterable
i is number, f is number, t is number, s is number, i is integer, t is integer, f is integer, f is float, i is float, t is boolean, i is boolean
n is none, x is none, t is true, 1 is true, no is false, 0 is false, n is not none, x is not defined
3 is odd, 4 is even, 9 is divisibleby 3, 9 is divisibleby(2), 1 is eq 1, 1 is equalto 2, 1 is ne 2, 1 is lt 2, 2 is gt(1), 1 is in [1, 2], 1 is in(l), "a" is in "abc", 2 is ge 2, 2 is le 1
"a" is lower, "A" is upper, s is callable, range is callable, s is sameas s, n is sameas none
not s is string, s is not string, s is string and i is number, (s is string) == true
range(3) | list, range(1, 4) | list, range(5, 0, -2) | list, range(0) | list, range(3) | length, 2 in range(3)
range(100001) | list
range(1, 2, 0) | list
dict(a=1, b=2), dict(), namespace(a=1).a, namespace(a=1).b
namespace(a=1).b.c
loop
strftime_now("%Y-%m-%d %H:%M:%S %B %b %A %a %d %j %y %p %I %%")
raise_exception("stop")
l.0, m[0].k, m[0]["k"], m.0.k, d.b.0, d.b[0]
(1), (1,), ()
1, 2
l[0]|string + "a"
{"a": {"b": {"c": 1}}}.a.b["c"], [1, [2, [3]]][1][1][0]
{"k": 1,}, [1, 2,]
s | safe
"<b>&'" | escape
+5, +f, -f, - - 5, -t, +t
-s
t + t, t * 3, t + 1.5, t / 2
1.0 + 1, 2 * 1.5, 5.0 // 2, 5 // 2.0, 1e308 * 10, 0.1 + 0.2, 1.0 * 0, 3 - 0.5, 2 ** 0.5, 2.0 ** 3
[1] + [2], (1,) + (2,), [] + []
[1] + (2,)
[1] + "a"
l - l
"a" in 5
s == "abc" and i == 5 or false
not (true and false), not true or true, not not 5
"'" + 'x' + '"'
big | string | length, big == 2 ** 70, big > 1e20, 1 < 1.5, 2 ** 53 + 1 == 9007199254740993.0
l is eq [1, 2, 3], l == (1, 2, 3) | list
m | map(attribute="k") | unique | list, m | map(attribute="nope") | list, m | map(attribute="nope", default="") | list, m | map("length") | list
"a" ~ ("b" if false) ~ "c"
"x" if x is defined and x.y else "z"
[x], {"a": x} | string
(1, 2)[0], "abc"["b"], {"get": 5}["get"]
""".strip("\n").split("\n")

TEMPLATES = [
    "a\n{% if true %}\n  b\n{% endif %}\nc\n",
    "a\n  {% if true %}  \n  b\n  {% endif %}\nc\n\n",
    "a {%- if true -%}  b  {%- endif -%} c",
    "a {{- ' x ' -}} b",
    "a\n\n{{- 1 }}\n\n{{ 2 -}}\n\nb",
    "  {%+ if true %}x{% endif +%}\n y",
    "a\n  {# comment #}\nb {#- c -#} d",
    "a {# {{ x }} {% bad %} #} b",
    "x  {# c #}  \ny",
    "{% raw %}{{ x }}{% if %}{% endraw %}|\n{%- raw -%} a {%- endraw -%} b",
    "  {% raw %} x {% endraw %}\ny",
    "{{ '{{' }} {{ '%}' }} {{ \"}}\" }} {{ {'a': {'b': 1}}['a'] }}",
    "{{ '\\\\n' }}{{ 'a\nb' }}",
    "a\r\nb\rc\n",
    "{% for x in l %}{{ x }},{% endfor %}",
    "{% for x in el %}{{ x }}{% else %}none{% endfor %}",
    "{% for x in nope %}{{ x }}{% else %}none{% endfor %}",
    "{% for x in i %}{{ x }}{% endfor %}",
    "{% for x in n %}{{ x }}{% endfor %}",
    "{% for c in u %}[{{ c }}]{% endfor %}",
    "{% for k in d %}{{ k }};{% endfor %}{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}",
    "{% for k, v in [[1, 2], (3, 4)] %}{{ k }}{{ v }}{% endfor %}",
    "{% for k, v in [[1, 2, 3]] %}{{ k }}{% endfor %}",
    "{% for (a, b), c in [((1, 2), 3)] %}{{ a }}{{ b }}{{ c }}{% endfor %}",
    "{% for x in l if x != 2 %}{{ loop.index }}/{{ loop.length }}:{{ x }}{{ ',' if not loop.last }}{% endfor %}",
    "{% for x in l %}{{ loop.index0 }}{{ loop.index }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.depth }}{{ loop.depth0 }}|{% endfor %}",
    "{% for x in l %}{{ loop.previtem }}<{{ x }}>{{ loop.nextitem }}{{ loop.previtem is defined }};{% endfor %}",
    "{% for x in l %}{{ loop.cycle('a', 'b') }}{{ loop.changed(x > 1) }}{% endfor %}",
    "{% for x in l %}{% for y in l %}{{ loop.index }}{{ x }}{{ loop.depth }}{% endfor %}{{ loop.index }}{% endfor %}",
    "{% for x in l %}{% if x == 2 %}{% continue %}{% endif %}{{ x }}{% endfor %}",
    "{% for x in l %}{% if x == 2 %}{% break %}{% endif %}{{ x }}{% else %}e{% endfor %}",
    "{% break %}",
    "{% for x in [1] %}{% continue %}{% else %}e{% endfor %}{% for x in [1] %}{% break %}{% else %}e{% endfor %}",
    "{% for x in l %}{% if x == 3 %}{% continue %}{% endif %}{{ x }}{% else %}e{% endfor %}",
    "{% set x = 1 %}{% for y in l %}{% set x = x + y %}{{ x }},{% endfor %}{{ x }}",
    "{% for y in l %}{% if y == 1 %}{% set q2 = y %}{% endif %}{{ q2 }},{% endfor %}{{ q2 }}",
    "{% set ns = namespace(a=1, b='x') %}{% for y in l %}{% set ns.a = ns.a + y %}{% endfor %}{{ ns.a }}{{ ns.b }}{{ ns.c }}",
    "{% set ns = namespace({'a': 1}, b=2) %}{{ ns.a }}{{ ns.b }}{{ ns['a'] }}",
    "{% set d2 = {} %}{% set d2.a = 1 %}{{ d2 }}",
    "{% if false %}{% set x = 1 %}{% endif %}{{ x is defined }}{% if true %}{% set x = 2 %}{% endif %}{{ x }}",
    "{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set c = 1, 2 %}{{ c }}",
    "{% set x %} hi {{ s }} {% endset %}[{{ x }}]{% set y | upper | trim %} hi {% endset %}[{{ y }}]",
    "{% set x %}{% set inner = 5 %}{{ inner }}{% endset %}{{ x }}{{ inner is defined }}",
    "{% if e %}a{% elif s %}b{% else %}c{% endif %}{% if e %}a{% elif n %}b{% elif z %}d{% else %}c{% endif %}",
    "{% macro m1(a, b=2, c=a) %}{{ a }}{{ b }}{{ c }};{% endmacro %}{{ m1(1) }}{{ m1(1, 3) }}{{ m1(a=5, c=6) }}{{ m1() }}",
    "{% macro m1(a) %}{{ a }}{% endmacro %}{{ m1(1, 2) }}",
    "{% macro m1(a) %}{{ a }}{% endmacro %}{{ m1(b=2) }}",
    "{% macro m1() %}{{ later }}{{ s }}{% set inner = 1 %}{% endmacro %}{% set later = 'L' %}{{ m1() }}{{ inner is defined }}",
    "{% macro f(x) %}{% if x > 0 %}{{ x }}{{ f(x - 1) }}{% endif %}{% endmacro %}{{ f(4) }}",
    "{% macro m1(a) %}  {{ a }}  {% endmacro %}{{ m1('x') | trim ~ '|' }}{{ m1('x') is string }}{{ m1('x') == '  x  ' }}{{ m1('x') | length }}",
    "{% for x in l %}{% macro m2() %}{{ x }}{% endmacro %}{{ m2() }}{% endfor %}",
    "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}",
    "{{ undefined_macro(1) }}",
    "{% generation %}a{% set g = 1 %}{{ g }}{% endgeneration %}{{ g is defined }}",
    "{% for x in l %}{% generation %}{{ loop.index }}{{ x }}{% endgeneration %}\n{% endfor %}",
    "{% with a = 1, b = 2 %}{{ a }}{{ b }}{% endwith %}{{ a is defined }}",
    "{% filter upper %}abc{{ s }}{% endfilter %}",
    "{% call foo() %}x{% endcall %}",
    "{% if true %}x",
    "{% endif %}",
    "{% for x in %}{% endfor %}",
    "{{ 1 + }}",
    "{{ (1 }}",
    "{{ 'abc }}",
    "{{ a b }}",
    "{% unknown %}",
    "{{ }}",
    "{# open",
    "{% set 5 = 1 %}",
    "{% set true = 1 %}",
    "{% include 'x' %}",
    "{{ s }}{{ 's' }}\n",
    "\n\n{{ s }}\n\n",
    "{{ s",
    "}} %} {",
    "{ { s } }",
    "{%if s%}x{%endif%}{%-if s-%} x {%-endif-%}",
    "{% if s %}{% if e %}a{% else %}b{% endif %}{% else %}c{% endif %}",
    "{% if not s %}a{% endif %}{% if s and not e %}b{% endif %}",
    "{% for m1 in m %}{{ m1.k }}{% if not loop.last %}, {% endif %}{% endfor %}",
    "{%- for m1 in m -%}\n  {{- m1['k'] -}}\n{%- endfor -%}\n",
    "{% for x in l | reverse %}{{ x }}{% endfor %}{% for x in range(3) %}{{ x }}{% endfor %}",
    "{% for x in d %}{{ x }}{% endfor %}{% for x in d.values() %}{{ x }}{% endfor %}{% for x in d | dictsort %}{{ x[0] }}{% endfor %}",
    "{% for x in [1, 2] + [3] %}{{ x }}{% endfor %}{% for x in (1, 2) %}{{ x }}{% endfor %}{% for x in 1, 2 %}{{ x }}{% endfor %}",
    "{% set l2 = [] %}{% for x in l %}{% set l2 = l2 + [x] %}{% endfor %}{{ l2 }}",
    "{% set s = 'new' %}{{ s }}{% for x in [1] %}{{ s }}{% set s = 'inner' %}{{ s }}{% endfor %}{{ s }}",
    "{% if messages is defined and messages[0].role == 'x' %}a{% else %}b{% endif %}",
    "{{ s if s else }}",
    "{{ raise_exception('No ' ~ s) if s else 'fine' }}",
    "{{ [1,2,3][1:] | join('-') }}{{ 'a-b'.split('-')[-1] | trim }}{{ ('x' ~ 1) | upper }}",
    "{{ {'a':1}.items() | list | first }}{{ d.items() | list | length }}",
    "{{ 'é' | tojson }}{{ {'é': '\\u00e9'} | tojson }}",
    "{{ \"it's\" ~ 'a \"quote\"' }}",
    "line1\n\t{%- if true %}\n\tline2\n\t{%- endif %}\n",
    "{% set j = joiner(', ') %}{{ j() }}a{{ j() }}b",
    "{{ 1 if true else raise_exception('no') }}{{ true or raise_exception('no') }}{{ false and raise_exception('no') }}",
    "{% if x.y is defined %}a{% endif %}",
    "{% if d.x.y is defined %}a{% endif %}",
    "{{ '' | default('a', true) ~ (none | default('b')) }}",
]


def snippets():
    for expression in EXPRESSIONS:
        yield "{{ " + expression + " }}", V
    for template in TEMPLATES:
        yield template, V

package org.lfm4j.text.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.lfm4j.text.tools.Answers.END;
import static org.lfm4j.text.tools.Answers.START;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is a call, and what its arguments are. */
class ToolCallTest {

  private static void reads(String block, String... calls) {
    List<AnswerPart> parts = Answers.block(block);
    assertThat(Answers.calls(parts)).as(block).containsExactly(calls);
    assertThat(Answers.content(parts)).as(block).isEmpty();
  }

  private static void isContent(String block) {
    List<AnswerPart> parts = Answers.block(block);
    assertThat(Answers.calls(parts)).as(block).isEmpty();
    assertThat(Answers.content(parts)).isEqualTo(block);
  }

  @Test
  void readsPythonCalls() {
    reads("[now()]", "now {}");
    reads(
        "[f(a=\"x\", n=1, flag=True, o={\"k\": [1, 2.50, None]})]",
        "f {\"a\": \"x\", \"n\": 1, \"flag\": true, \"o\": {\"k\": [1, 2.50, null]}}");
    reads("[f(a='1'), g(b=\"2\",),]", "f {\"a\": \"1\"}", "g {\"b\": \"2\"}");
    reads("f(a=1)", "f {\"a\": 1}");
    reads(" [ shop.order-now ( x = 1 ) ] ", "shop.order-now {\"x\": 1}");
  }

  @Test
  void readsJson() {
    reads(
        "[{\"name\": \"f\", \"arguments\": {\"a\": \"x\", \"b\": [true, null]}}]",
        "f {\"a\": \"x\", \"b\": [true, null]}");
    reads("{\"name\": \"f\", \"parameters\": {\"a\": -1e3}}", "f {\"a\": -1e3}");
    reads("[{'name': 'f'}, {\"name\": \"g\", \"arguments\": null}]", "f {}", "g {}");
    reads("{\"name\": \"f\", \"arguments\": \"\"}", "f {}");
    reads(
        "[{\"id\": \"c\", \"type\": \"function\", \"function\": {\"name\": \"f\", \"arguments\": \"{\\\"a\\\": 1}\"}}]",
        "f {\"a\": 1}");
  }

  @Test
  void objectsThatAreNoCallsAreContent() {
    isContent("{\"a\": 1}");
    isContent("{\"name\": 1}");
    isContent("{\"name\": \"\"}");
    isContent("{\"name\": \"f\", \"arguments\": [1]}");
    isContent("{\"name\": \"f\", \"arguments\": \"{\"}");
    isContent("{\"name\": \"f\", \"arguments\": \"1\"}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "07|7",
        "-012|-12",
        "00|0",
        "1_000|1000",
        "+5|5",
        "- 5|-5",
        ".5|0.5",
        "5.|5.0",
        "007.50|7.50",
        "1e5|1e5",
        "1E-5|1E-5",
        "0x1F|31",
        "0b101|5",
        "0o17|15",
        "-0xff|-255",
        "123456789012345678901234567890|123456789012345678901234567890",
        "True|true",
        "false|false",
        "None|null",
        "null|null",
        "()|[]",
        "(1)|1",
        "(1,)|[1]",
        "(1, 2)|[1, 2]",
        "{}|{}",
        "{'a', 'b'}|[\"a\", \"b\"]",
        "{1}|[1]",
        "{1: 2, True: 3, None: 4, 'a': 5, 'a': 6}|{\"1\": 2, \"true\": 3, \"null\": 4, \"a\": 6}",
        "[[], [[1]], {}]|[[], [[1]], {}]",
        "'it' \"'s\"|\"it's\"",
        "'''a 'b' \"c\"'''|\"a 'b' \\\"c\\\"\"",
        "r'\\d+\\''|\"\\\\d+\\\\'\"",
        "u'x'|\"x\"",
        "''|\"\"",
        "'\\x41\\u00e9\\U0001F600\\101\\n\\t\\\\\\''|\"Aé😀A\\n\\t\\\\'\"",
        "'\\d \\xZZ \\/'|\"\\\\d \\\\xZZ \\\\/\"",
        "\"\\ud83d\\ude00\"|\"😀\"",
        "\"\\ud83d\"|\"\ufffd\"",
        "'\\0'|\"\\u0000\"",
      })
  void valuesBecomeJson(String python, String json) {
    reads("[f(a=" + python + ")]", "f {\"a\": " + json + "}");
  }

  @Test
  void newLinesAndNulStayInStrings() {
    reads(
        "[exec(command='cat << EOF\nimport csv\r\nEOF')]",
        "exec {\"command\": \"cat << EOF\\nimport csv\\r\\nEOF\"}");
    reads("[exec(command='a\0b\\\nc')]", "exec {\"command\": \"a\\u0000bc\"}");
  }

  @Test
  void reservedWordsAreNames() {
    reads(
        "[move(from=1, class='x', import=True)]",
        "move {\"from\": 1, \"class\": \"x\", \"import\": true}");
  }

  @Test
  void quotesOfTheSameKindMayStandInStrings() {
    reads("[sh(c='sed -n '360,450p' /a/b.py')]", "sh {\"c\": \"sed -n '360,450p' /a/b.py\"}");
    reads(
        "[sh(c='sed -n '1,9p' a', path='b')]", "sh {\"c\": \"sed -n '1,9p' a\", \"path\": \"b\"}");
    reads("[say(text='it's fine', to='Bo')]", "say {\"text\": \"it's fine\", \"to\": \"Bo\"}");
    reads("[say(text='the dogs' bone')]", "say {\"text\": \"the dogs' bone\"}");
    reads("[sh(c='run(x='1', y='2')')]", "sh {\"c\": \"run(x='1', y='2')\"}");
    reads(
        "[sh(c='python3 -c \"print(latex(3*x, sep='\\\\,'))\"')]",
        "sh {\"c\": \"python3 -c \\\"print(latex(3*x, sep='\\\\,'))\\\"\"}");
    reads(
        "[f(a=['it's', 'b'], o={'k': 'it's'})]",
        "f {\"a\": [\"it's\", \"b\"], \"o\": {\"k\": \"it's\"}}");
    reads("[grep(p='grep -F \"]\" log')]", "grep {\"p\": \"grep -F \\\"]\\\" log\"}");
  }

  @Test
  void aBadCallDoesNotTakeOthersWithIt() {
    List<AnswerPart> parts = Answers.block("[f(a=1), bad(x=b'z'), bad2(1, 2), g(b=2)]");
    assertThat(Answers.calls(parts)).containsExactly("f {\"a\": 1}", "g {\"b\": 2}");
    assertThat(Answers.content(parts)).isEqualTo("bad(x=b'z')bad2(1, 2)");
  }

  @Test
  void noCallIsFoundInsideAnother() {
    isContent("bad(x=b'a', y=rm(path='/'))");
    isContent("write(text='call f(1), rm(path=\"/\")");
    isContent("write(text=f'{rm(path=1)}', x=[rm(path=2)]");
  }

  @Test
  void emptyBlocksSayNothing() {
    reads("[]");
    reads(" [ ] ");
    reads("");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "f(1)",
        "f(a=celsius)",
        "f(a=)",
        "f(=1)",
        "f(a 1)",
        "f(a=1",
        "f(a='x",
        "f a=1",
        "f",
        "(",
        "f(a=1x)",
        "f(a=1.2.3)",
        "f(a=0b12)",
        "f(a=0x)",
        "f(a=.)",
        "f(a=e5)",
        "f(a={[1]: 2})",
        "f(a={1: 2, 3})",
        "f(a=g())",
        "f(a=1) or else",
        "hello there",
        "f(a=True1)",
        "f(**{'a': 1})",
      })
  void whatCanNotBeReadIsContent(String block) {
    isContent(block);
  }

  @Test
  void depthAndSizeAreBounded() {
    isContent("f(a=" + "[".repeat(5000));
    isContent("f(a=" + "{'a':".repeat(5000) + "1" + "}".repeat(5000) + ")");
    isContent("f(a=0x" + "f".repeat(5000) + ")");
    String slow = "f('x' y),".repeat(20_000);
    assertThat(Answers.sources(Answers.block(slow))).isEqualTo(START + slow + END);
  }

  @Test
  void textAroundCallsIsContent() {
    List<AnswerPart> parts = Answers.parts("Let me see. " + START + "[f()]" + END + "\nDone.");
    assertThat(Answers.calls(parts)).containsExactly("f {}");
    assertThat(Answers.content(parts)).isEqualTo("Let me see. \nDone.");
    parts = Answers.parts("\n\n" + START + "[f()]" + END + "\nDone.");
    assertThat(Answers.content(parts)).isEqualTo("Done.");
    assertThat(Answers.content(Answers.parts("  a\n"))).isEqualTo("  a\n");
    assertThat(Answers.content(Answers.parts(" \n"))).isEqualTo(" \n");
  }

  @Test
  void aBlockThatIsCutOffGivesItsCompleteCalls() {
    List<AnswerPart> parts = Answers.parts(START + "[f(a=1), g(b=\"x");
    assertThat(Answers.calls(parts)).containsExactly("f {\"a\": 1}");
    assertThat(Answers.content(parts)).isEqualTo("g(b=\"x");
    assertThat(Answers.calls(Answers.parts(START + "[f(a=1)"))).containsExactly("f {\"a\": 1}");
    assertThat(Answers.content(Answers.parts("a<|tool_call"))).isEqualTo("a<|tool_call");
  }

  @Test
  void aBlockSaidAgainIsLeftOut() {
    String block = "[f(a='x', b={'k': 1})]";
    List<String> once = List.of("f {\"a\": \"x\", \"b\": {\"k\": 1}}");
    for (String again :
        List.of(
            block + END,
            "\n" + block,
            "\nf(a=\"x\", b={\"k\": 1})\n" + END,
            block + END + block + END,
            START + block + END + START + block + END)) {
      List<AnswerPart> parts = Answers.parts(START + block + END + again);
      assertThat(Answers.calls(parts)).as(again).isEqualTo(once);
      assertThat(Answers.content(parts)).as(again).isBlank();
      parts = Answers.parts(START + block + END + again + "\nDone.");
      assertThat(Answers.calls(parts)).as(again).isEqualTo(once);
      assertThat(Answers.content(parts)).as(again).isEqualTo("Done.");
    }
  }

  @Test
  void whatOnlyBeginsLikeTheBlockIsContent() {
    List<AnswerPart> parts = Answers.parts(START + "[f(a=1)]" + END + "[f(a=2)] is next" + END);
    assertThat(Answers.content(parts)).isEqualTo("[f(a=2)] is next");
    parts = Answers.parts(START + "[f(a=1)]" + END + "f(a=");
    assertThat(Answers.content(parts)).isEqualTo("f(a=");
  }

  @Test
  void severalBlocksGiveAllTheirCalls() {
    List<AnswerPart> parts =
        Answers.parts(START + "[f()]" + END + START + "[g()]" + START + "[h()]" + END);
    assertThat(Answers.calls(parts)).containsExactly("f {}", "g {}", "h {}");
    assertThat(Answers.content(parts)).isEmpty();
  }

  @Test
  void withoutToolsMarkersAreText() {
    String text = START + "[f()]" + END;
    List<AnswerPart> parts = Answers.parts(new AnswerParser(false, false), List.of(text));
    assertThat(Answers.content(parts)).isEqualTo(text);
  }
}

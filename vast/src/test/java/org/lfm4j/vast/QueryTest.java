package org.lfm4j.vast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

class QueryTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "num_gpus=1 | {'num_gpus':{'eq':'1'}}",
        "num_gpus == 1 | {'num_gpus':{'eq':'1'}}",
        "reliability > 0.98 | {'reliability':{'gt':'0.98'}}",
        "cuda_vers>=12.4 cuda_vers<13 | {'cuda_max_good':{'gte':'12.4','lt':'13'}}",
        "gpu_ram>=80 | {'gpu_ram':{'gte':80000.0}}",
        "gpu_total_ram<=160.5 | {'gpu_total_ram':{'lte':160500.0}}",
        "duration>=2 | {'duration':{'gte':172800.0}}",
        "driver_version>=535.86.05 | {'driver_version':{'gte':535086005}}",
        "driver_version<550 | {'driver_version':{'lt':550000000}}",
        "gpu_name in [RTX_4090,H100_SXM] | {'gpu_name':{'in':['RTX 4090','H100 SXM']}}",
        "gpu_name in [\"RTX 4090\" , H100 SXM ] | {'gpu_name':{'in':['RTX 4090','H100 SXM']}}",
        "geolocation nin [CN,VN] | {'geolocation':{'notin':['CN','VN']}}",
        "geolocation not in [CN] | {'geolocation':{'notin':['CN']}}",
        "geolocation in SE | {'geolocation':{'in':['SE']}}",
        "gpu_name!=\"RTX_4090\" | {'gpu_name':{'neq':'RTX 4090'}}",
        "num_gpus noteq 2 gpu_frac not eq 1 | {'num_gpus':{'neq':'2'},'gpu_frac':{'neq':'1'}}",
        "dph lt 2 disk_space gte 100 | {'dph_total':{'lt':'2'},'disk_space':{'gte':'100'}}",
        "static_ip=true external=False rented=None | {'static_ip':{'eq':true},'external':{'eq':false},'rented':{'eq':null}}",
        "gpu_ram>=8 gpu_ram=any | {}",
        "verified=? external=* | {}",
        "`` | {}",
      })
  void becomesTheServicesForm(String query, String json) {
    assertThat(Query.parse("", query).toJson()).isEqualTo(JSON.readTree(json.replace('\'', '"')));
  }

  @Test
  void overrulesAndRemovesDefaults() {
    assertThat(Query.parse("verified=true external=false", "verified=false external=any").toJson())
        .isEqualTo(JSON.readTree("{\"verified\":{\"eq\":false}}"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "gpu_ram>= | 9 | A value is missing",
        "gpu_ram | 7 | An operator like >= is missing after gpu_ram",
        "gpu_ram 80 | 8 | Unknown operator '80'",
        "num_gpus=1 gpu_ram=>80 | 18 | Unknown operator '=>'",
        "num_gpus=1 ; gpu_ram>=80 | 11 | Expected a field like gpu_ram, got ';'",
        "gpu_ram>any | 8 | 'any' makes sense with = only",
        "gpu_ram>=80GB | 9 | gpu_ram takes a plain number",
        "gpu_ram>=1d | 9 | gpu_ram takes a plain number",
        "gpu_ram>=NaN | 9 | gpu_ram takes a plain number",
        "driver_version>=new | 16 | driver_version takes a version",
        "gpu_name in [A,B | 12 | The list is not closed",
        "gpu_name in [] | 12 | The list is empty",
        "gpu_name=[A] | 9 | A list in brackets needs",
        "gpu_name=\"RTX | 9 | The quoted text is not closed",
        "gpu_name=\"RTX\"x | 14 | Expected a blank",
      })
  void errorsShowWhere(String query, int position, String message) {
    QueryException error = catchThrowableOfType(QueryException.class, () -> Query.parse("", query));
    assertThat(error).hasMessageContaining(message).hasMessageContaining(query);
    assertThat(error.position()).isEqualTo(position);
    String[] lines = error.getMessage().split("\\R");
    assertThat(lines[2].indexOf('^') - 2).isEqualTo(position);
  }

  @Test
  void namesUnknownFields() {
    assertThat(Query.parse("", "gpu_vram>=80 dph<2").unknownFields()).containsExactly("gpu_vram");
  }

  @Test
  void anyTextIsReadOrRefusedInsideIt() {
    String alphabet = "ab_1 =<>![],\"*?.-anyinot";
    for (int seed = 0; seed < 5000; seed++) {
      Random random = new Random(seed);
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(20); i > 0; i--) {
        text.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      try {
        Query.parse("", text.toString()).toJson();
      } catch (QueryException e) {
        assertThat(e.position()).as(text.toString()).isBetween(0, text.length());
      }
    }
  }

  @Test
  void ordersByManyFields() {
    OfferSearch search =
        new OfferSearch(
            Query.parse("", ""),
            "dph, -dlperf_usd,score-,+id,",
            "interruptible",
            java.util.OptionalInt.of(7),
            100);
    assertThat(search.toJson())
        .isEqualTo(
            JSON.readTree(
                """
                {"order":[["dph_total","asc"],["dlperf_per_dphtotal","desc"],["score","desc"],["id","asc"]],
                 "type":"bid","limit":7,"allocated_storage":100.0}
                """));
  }

  @Test
  void containerEnvIsReadLikeDockersOptions() {
    assertThat(
            ContainerEnv.parse(
                "-p 8000:8000 -p 53:53/udp -e A='b c' -e U=a=b=c -e E= -h name -v /a:/b -n net"))
        .containsOnly(
            java.util.Map.entry("-p 8000:8000", "1"),
            java.util.Map.entry("-p 53:53/udp", "1"),
            java.util.Map.entry("A", "b c"),
            java.util.Map.entry("U", "a=b=c"),
            java.util.Map.entry("E", ""),
            java.util.Map.entry("-h", "name"),
            java.util.Map.entry("-v /a:/b", "1"),
            java.util.Map.entry("-n net", "1"));
  }

  @ParameterizedTest
  @CsvSource({"--gpus all", "-p x:y", "-e NOVALUE", "-e", "-e A='b", "word"})
  void whatContainerEnvDoesNotKnowIsRefused(String text) {
    assertThatThrownBy(() -> ContainerEnv.parse(text))
        .isInstanceOf(VastException.class)
        .hasMessageContaining("--env");
  }
}

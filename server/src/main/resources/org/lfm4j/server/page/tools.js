import {evaluate} from "./arithmetic.js";

const SKIES = ["sunny", "cloudy", "rainy", "windy", "foggy"];

function definition(name, description, parameter) {
  return {
    type: "function",
    function: {
      name,
      description,
      parameters: {
        type: "object",
        properties: {[parameter]: {type: "string"}},
        required: [parameter],
      },
    },
  };
}

/** Made up, but always the same for a city. */
function weather({city}) {
  let hash = 7;
  for (const letter of String(city)) hash = (hash * 31 + letter.codePointAt(0)) % 9973;
  return {temperature: (hash % 30) + 1, condition: SKIES[hash % SKIES.length]};
}

function calculate({expression}) {
  return {result: Math.round(evaluate(String(expression)) * 1e6) / 1e6};
}

/** The tools this page can answer. */
export const TOOLS = [
  {
    label: "Weather (made up)",
    run: weather,
    definition: definition("get_weather", "Get the weather of a city.", "city"),
  },
  {
    label: "Calculator",
    run: calculate,
    definition: definition(
      "calculate_expression", "Calculate an arithmetic expression.", "expression"),
  },
];

/** Spaced as Python does it: so models have seen results in training. */
function written(result) {
  const fields = Object.entries(result)
    .map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  return `{${fields.join(", ")}}`;
}

/** Returns the result of a call as the text that the model gets; failures are results too. */
export function answer(call) {
  const name = call.function.name;
  const tool = TOOLS.find((each) => each.definition.function.name === name);
  if (!tool) return written({error: `there is no tool ${name}`});
  try {
    return written(tool.run(JSON.parse(call.function.arguments)));
  } catch (error) {
    return written({error: error.message});
  }
}

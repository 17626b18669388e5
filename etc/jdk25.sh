# Sourced by ./lfm and ./check: finds a JDK 25 or newer without starting a JVM.

# Prints the major version of the JDK in folder $1, from its release file.
jdk_major() {
  [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 1
  sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release"
}

# Prints the folder of the first usable JDK: JAVA_HOME, then PATH, then the usual places.
find_jdk25() {
  local candidate major on_path
  on_path=$(command -v javac || true)
  [ -n "$on_path" ] && on_path=$(dirname "$(dirname "$(readlink -f "$on_path")")")
  for candidate in "${JAVA_HOME:-}" "$on_path" \
    /usr/lib/jvm/* /opt/java/* /opt/jdk* /usr/java/* \
    "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/* "$HOME"/.local/share/mise/installs/java/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home; do
    [ -n "$candidate" ] || continue
    major=$(jdk_major "$candidate") || continue
    if [ "${major:-0}" -ge 25 ]; then
      printf '%s\n' "$candidate"
      return 0
    fi
  done
  echo "lfm4j needs a JDK 25 or newer, and none was found: install Temurin 25 (for example 'apt install temurin-25-jdk' or 'sdk install java 25-tem') or set JAVA_HOME." >&2
  return 1
}

# Says what to do when there is no Maven.
require_maven() {
  command -v mvn >/dev/null && return 0
  echo "lfm4j is built by Maven, and mvn was not found: install it (for example 'apt install maven' or 'sdk install maven')." >&2
  return 1
}

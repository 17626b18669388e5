"""Holds lfm4j's hub and its stand-in for the Hub against the real Python client.

Needs a Python with huggingface_hub (written for 2.4.0), JAVA_HOME, and the hub's classes:

    mvn -pl hub test-compile
    python3 hub/src/test/scripts/python_client.py [--fixture hub/src/test/fixtures/python-cache]

It checks that the Python client works with the stand-in, which so speaks the real protocol; that
we read the cache that Python wrote, offline, and Python ours; that the locks exclude each other.
With --fixture it also writes the small cache that PythonCacheTest reads.
"""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[4]
WORK = pathlib.Path(tempfile.mkdtemp(prefix="lfm4j-hub-"))
for name in [name for name in os.environ if name.startswith("HF_")]:
    del os.environ[name]


def class_path():
    listing = WORK / "classpath"
    command = ["mvn", "-q", "-o", "-f", str(ROOT / "pom.xml"), "-pl", "hub", "dependency:build-classpath"]
    subprocess.run(command + [f"-Dmdep.outputFile={listing}"], check=True, stdout=subprocess.DEVNULL)
    return f"{ROOT}/hub/target/classes:{ROOT}/hub/target/test-classes:{listing.read_text()}"


JAVA = [f"{os.environ['JAVA_HOME']}/bin/java", "--enable-native-access=ALL-UNNAMED", "-cp", class_path(), "org.lfm4j.hub.ScriptMain"]


def ours(*arguments, **environment):
    done = subprocess.run(JAVA + list(arguments), env=os.environ | environment, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def started(*arguments):
    process = subprocess.Popen(JAVA + list(arguments), text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    return process, process.stdout.readline().strip()


stand_in, endpoint = started("stand-in")
os.environ.update(HF_ENDPOINT=endpoint, HF_HOME=str(WORK / "home"), HF_HUB_DISABLE_XET="1", HF_HUB_DISABLE_TELEMETRY="1", HF_HUB_DISABLE_PROGRESS_BARS="1")

import huggingface_hub  # noqa: E402  (reads the variables when imported)
from huggingface_hub import constants, errors  # noqa: E402
from huggingface_hub.utils import WeakFileLock  # noqa: E402

NAME, GGUF = "LiquidAI/LFM2-Test", "LiquidAI/LFM2-Test-GGUF"


def check(what, good):
    print("ok  " if good else "BAD ", what)
    if not good:
        sys.exit(1)


def fails(error, call):
    try:
        call()
    except error:
        return True
    return False


def hashes_are_right(snapshot):
    for file in pathlib.Path(snapshot).rglob("*"):
        if file.is_file():
            data, etag = file.read_bytes(), os.readlink(file).rsplit("/", 1)[-1]
            git = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
            if etag != (hashlib.sha256(data).hexdigest() if len(etag) == 64 else git):
                return False
    return True


def contents(snapshot):
    root = pathlib.Path(snapshot)
    return {str(file.relative_to(root)): file.read_bytes() for file in root.rglob("*") if file.is_file()}


def offline(call):
    constants.HF_HUB_OFFLINE = True
    try:
        return call()
    finally:
        constants.HF_HUB_OFFLINE = False


def python_and_the_stand_in(cache):
    get = lambda name, **more: huggingface_hub.snapshot_download(name, cache_dir=cache, **more)  # noqa: E731
    snapshot = get(NAME)
    check("Python downloads from the stand-in", hashes_are_right(snapshot) and len(contents(snapshot)) == 11)
    check("Python follows a renamed repository", contents(get("Old/Name")) == contents(snapshot))
    check("Python lists a paged tree", len(list(huggingface_hub.HfApi().list_repo_tree(NAME, recursive=True))) == 12)
    check("a gated repository refuses Python", fails(errors.GatedRepoError, lambda: get("LiquidAI/Gated")))
    check("the right token opens it to Python", hashes_are_right(get("LiquidAI/Gated", token="hf_GoodToken")))
    check("a token without access is refused", fails(errors.GatedRepoError, lambda: huggingface_hub.hf_hub_download("LiquidAI/Gated", "config.json", cache_dir=WORK / "x", token="hf_OtherToken")))
    check("a disabled repository refuses Python", fails((errors.DisabledRepoError, errors.LocalEntryNotFoundError), lambda: get("LiquidAI/Disabled")))
    check("an absent repository is absent", fails(errors.RepositoryNotFoundError, lambda: get("LiquidAI/None", token="hf_GoodToken")))
    check("an absent revision is absent", fails(errors.RevisionNotFoundError, lambda: get(NAME, revision="v9")))
    check("an absent file is absent", fails(errors.EntryNotFoundError, lambda: huggingface_hub.hf_hub_download(NAME, "vocab.json", cache_dir=cache)))
    return snapshot


def ours_reads_pythons(cache, snapshot):
    there = dict(HF_HUB_CACHE=str(cache), HF_HUB_OFFLINE="1")
    check("we find Python's snapshot offline", ours("pull-all", NAME, **there) == snapshot)
    check("we verify Python's snapshot", ours("verify", NAME, **there) == "11 []")
    shutil.rmtree(cache / "models--LiquidAI--LFM2-Test" / "trees")
    check("we find it without Python's list", ours("pull", NAME, **there) == snapshot)


def python_reads_ours(cache):
    snapshot = ours("pull-all", NAME, HF_HUB_CACHE=str(cache))
    ours("pull", GGUF + ":Q4_0", HF_HUB_CACHE=str(cache))
    found = offline(lambda: huggingface_hub.snapshot_download(NAME, cache_dir=cache))
    check("Python finds our snapshot offline", found == snapshot and hashes_are_right(snapshot))
    one = offline(lambda: huggingface_hub.hf_hub_download(GGUF, "LFM2-Test-Q4_0.gguf", cache_dir=cache))
    check("Python finds our .gguf file offline", os.path.getsize(one) == 10_000)
    check("Python knows what is missing", offline(lambda: fails(errors.IncompleteSnapshotError, lambda: huggingface_hub.snapshot_download(GGUF, cache_dir=cache))))
    check("Python reads our list of files", len(huggingface_hub.get_cached_repo_tree(NAME, cache_dir=cache)) == 11)
    scan = huggingface_hub.scan_cache_dir(cache)
    check("Python's scan has nothing to complain about", not scan.warnings and len(scan.repos) == 2)
    left = cache / "models--LiquidAI--LFM2-Test" / "blobs" / ("0" * 64 + ".lfm4j.incomplete")
    left.touch()
    check("Python sees our leftovers", len(huggingface_hub.scan_cache_dir(cache).incomplete_files) == 1)
    left.unlink()
    before = {path: path.stat().st_mtime_ns for path in cache.rglob("blobs/*")}
    huggingface_hub.snapshot_download(NAME, cache_dir=cache)
    check("Python downloads nothing again", before == {path: path.stat().st_mtime_ns for path in cache.rglob("blobs/*")})


def locks(cache):
    lock = cache / ".locks" / "test.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with WeakFileLock(lock):
        check("Python's lock keeps us out", ours("try-lock", str(lock)) == "false")
    check("its end lets us in", ours("try-lock", str(lock)) == "true")
    holder, _ = started("hold-lock", str(lock))

    def take():
        with WeakFileLock(lock, timeout=1):
            pass

    check("our lock keeps Python out", fails(Exception, take))
    holder.communicate()
    take()
    check("its end lets Python in", True)


def shared_store(cache, into):
    """What hf_xet's downloads leave, here of a file that came over plain HTTP."""
    from huggingface_hub.utils import _shared_blobs

    snapshot = huggingface_hub.snapshot_download("LiquidAI/Tiny", cache_dir=into)
    fails(errors.EntryNotFoundError, lambda: huggingface_hub.hf_hub_download("LiquidAI/Tiny", "vocab.json", cache_dir=into))
    entry = [file for file in huggingface_hub.get_cached_repo_tree("LiquidAI/Tiny", cache_dir=into) if file.xet_hash][0]
    blob = pathlib.Path(os.path.abspath(pathlib.Path(snapshot) / os.readlink(pathlib.Path(snapshot) / entry.path)))
    published = _shared_blobs.publish_blob_to_shared_store(blob_path=str(blob), xet_hash=entry.xet_hash, cache_dir=into, expected_size=2000)
    check("Python keeps a blob in its shared store", published and blob.is_symlink())
    there = dict(HF_HUB_CACHE=str(into), HF_HUB_OFFLINE="1")
    check("we read through it", ours("verify", "LiquidAI/Tiny", **there) == "4 []" and ours("pull", "LiquidAI/Tiny", **there) == snapshot)


try:
    print("huggingface_hub", huggingface_hub.__version__)
    python_snapshot = python_and_the_stand_in(WORK / "python")
    ours_reads_pythons(WORK / "python", python_snapshot)
    python_reads_ours(WORK / "ours")
    locks(WORK / "ours")
    shared_store(WORK / "python", WORK / "tiny")
    if "--fixture" in sys.argv:
        target = pathlib.Path(sys.argv[sys.argv.index("--fixture") + 1])
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(WORK / "tiny", target, symlinks=True)
        shutil.rmtree(target / ".locks")
        for lock in target.rglob("*.lock"):
            lock.unlink()
        print("wrote", target)
finally:
    stand_in.communicate()
    shutil.rmtree(WORK)

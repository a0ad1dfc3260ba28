#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the container: Python, libseccomp, and the exact packages of constraints/.
#
#   PS2_TORCH_INDEX   where torch comes from, if not PyTorch's own index of CPU builds (PyPI's torch for Linux is a CUDA build of several GB)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
venv="${PS2_VENV:-/autograder/venv}"   # outside of source/, which student code must not read
index="${PS2_TORCH_INDEX:-https://download.pytorch.org/whl/cpu}"

fail() {
  echo "setup.sh: $*" >&2
  exit 1
}

export DEBIAN_FRONTEND=noninteractive
if command -v apt-get > /dev/null; then
  apt-get update -qq || true
  apt-get install -y -qq --no-install-recommends python3 python3-venv libseccomp2 ||
    fail "apt-get could not install python3, python3-venv and libseccomp2; choose an Ubuntu base image, then build again."
fi

version=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])') || fail "this image has no python3; choose an Ubuntu base image."
constraints="constraints/py${version/./}.txt"
locked="constraints/locked/py${version/./}"
[ -f "$constraints" ] || fail "this image has Python $version, and the grader takes 3.10 to 3.13; choose Ubuntu 22.04 or 24.04."

python3 -m venv "$venv" || fail "python3 -m venv failed; the image needs the package python3-venv."
pip() {
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir "$@" ||
    fail "pip could not install the packages of $constraints; see its message above."
}
if [ -f requirements-torch.txt ]; then
  # torch by itself from its own index, then what it needs from PyPI: the index holds few other packages
  pip --no-deps --index-url "$index" "$(grep '^torch==' "$constraints")"
  pip --no-deps --require-hashes -r "$locked-torch.txt"
fi
pip --no-deps --require-hashes -r "$locked.txt"   # every file by its hash, so that this builds the same next year
"$venv/bin/python" -m compileall -q autograder || true
echo "setup.sh: Python $version, $("$venv/bin/python" -c 'import numpy, scipy; print("numpy", numpy.__version__, "scipy", scipy.__version__)')"

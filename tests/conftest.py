"""How tests run: side by side, so that one thread of mathematics for each is most."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

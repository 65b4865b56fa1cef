"""``python -m cracktrader``."""

import sys

from cracktrader.cli.main import main

sys.exit(main())

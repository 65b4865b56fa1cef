"""``exchange serve``: runs the local exchange until it is stopped."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cracktrader.cli.exits import UsageError
from cracktrader.cli.options import REPORTING, Reporting
from cracktrader.cli.output import Output
from cracktrader.cli.settings import start_logs

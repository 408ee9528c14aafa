# SPDX-License-Identifier: Apache-2.0
"""Asks a server of the Model Context Protocol, as an agent does."""

import asyncio
import os
import sys
from pathlib import Path

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client


class Server:
    """A server that is started for a row of calls."""

    def __init__(self, program, settings):
        path = str(Path(sys.executable).with_name(program))
        self._start = StdioServerParameters(command=path, env={**os.environ, **settings})

    def ask(self, *calls):
        """Returns the text that each call answers, and whether it is an error."""
        return asyncio.run(self._ask(calls))

    async def _ask(self, calls):
        answers = []
        async with stdio_client(self._start) as (reading, writing), ClientSession(reading, writing) as session:
            await session.initialize()
            for name, arguments in calls:
                answer = await session.call_tool(name, arguments)
                answers.append("\n".join(part.text for part in answer.content))
        return answers

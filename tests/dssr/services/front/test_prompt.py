"""When the task that waits for a result goes on."""

import asyncio

import pytest

from dssr.services.front.prompt import Prompt


async def waiting() -> tuple[Prompt[str], "asyncio.Task[str]"]:
    """A result that is still to come, and the task that waits for it."""

    async def wait(coming: Prompt[str]) -> str:
        return await coming

    coming: Prompt[str] = Prompt()
    task = asyncio.create_task(wait(coming))
    await asyncio.sleep(0)
    return coming, task


def test_the_task_goes_on_at_once() -> None:
    """The task has ended when ``set_result`` returns."""

    async def main() -> None:
        coming, task = await waiting()
        seen: list[bool] = []

        def call() -> None:
            coming.set_result("it")
            seen.append(task.done())

        asyncio.get_running_loop().call_soon(call)
        assert await task == "it"
        assert seen == [True]

    asyncio.run(main())


def test_the_task_receives_an_error() -> None:
    """An exception is raised in the task."""

    async def main() -> None:
        coming, task = await waiting()
        asyncio.get_running_loop().call_soon(coming.set_exception, ConnectionResetError())
        with pytest.raises(ConnectionResetError):
            await task

    asyncio.run(main())


def test_a_result_that_is_there_is_returned() -> None:
    """A task that comes later has the result without waiting."""

    async def main() -> None:
        coming: Prompt[str] = Prompt()
        coming.set_result("it")
        assert await coming == "it"

    asyncio.run(main())


def test_the_task_can_be_cancelled() -> None:
    """Another task, and a time limit, end the task while it waits."""

    async def main() -> None:
        coming, task = await waiting()
        task.cancel()
        assert not task.done()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert coming.cancelled()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await Prompt()

    asyncio.run(main())

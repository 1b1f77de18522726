"""Measuring in processes of their own: a fresh state, a time limit, and the same number of threads."""

import multiprocessing
import os
import platform
import time
from importlib.metadata import version

THREADS = 2
START = 120  # seconds that a process may take until its first message
SPAWN = multiprocessing.get_context("spawn")


def limit_threads():
    """Give every process that is started from now on the same number of threads."""
    for library in ("OMP", "OPENBLAS", "MKL", "VECLIB"):
        os.environ[f"{library}_{'MAXIMUM' if library == 'VECLIB' else 'NUM'}_THREADS"] = str(THREADS)


def send_all(sender, generator, args):
    for message in generator(*args):
        sender.send(message)


def run(generator, *args, cap=START):
    """What generator(*args) yields in a process of its own, as a list, and how it ended.

    It ended "done", "failed" (the process died), or "stopped": it was killed after `cap` seconds without a
    message, or START seconds without the first.  What was yielded before is in the list in any case.
    """
    receiver, sender = SPAWN.Pipe(duplex=False)
    process = SPAWN.Process(target=send_all, args=(sender, generator, args), daemon=True)
    process.start()
    sender.close()  # now the pipe ends with the process
    received = []
    try:
        while receiver.poll(cap if received else START):
            received.append(receiver.recv())
    except EOFError:
        process.join()
        return received, "failed" if process.exitcode else "done"
    process.kill()
    process.join()
    return received, "stopped"


def only_message(generator, *args):
    """The one thing that generator(*args) yields in a process of its own."""
    received, ended = run(generator, *args)
    if len(received) != 1:
        raise RuntimeError(f"{generator.__name__}{args} {ended} after {len(received)} messages instead of one")
    return received[0]


def shortest(action, at_least=1, spend=0.3):
    """The shortest time of several runs, at least so many and at least `spend` seconds, and what the last returned."""
    times = []
    while len(times) < at_least or sum(times) < spend:
        start = time.perf_counter()
        result = action()
        times.append(time.perf_counter() - start)
    return min(times), result


def processor():
    """The name of the processor, as the system gives it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def machine():
    """Yield what the numbers depend on; the threads are those that the libraries report."""
    import sklearn.linear_model  # noqa: F401 -- with it come all the libraries that have threads
    from threadpoolctl import threadpool_info

    yield {
        "processor": f"{processor()} ({platform.machine()})",
        "cores": os.cpu_count(),
        "threads": sorted({pool["num_threads"] for pool in threadpool_info()}),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in ("numpy", "scipy", "scikit-learn")},
    }

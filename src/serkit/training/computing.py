"""Where and with how much of a machine a run is computed."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from serkit.errors import TrainingError
from serkit.models.network_settings import NetworkSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from serkit.models import ModelSettings

Device = Literal["cpu", "cuda", "auto"]


@dataclass(frozen=True)
class Computing:
    """How fits are computed. What is found depends on it in the last bits at most.

    Attributes
    ----------
    workers : int, default 1
        Models to fit at once.
    device : str, default "cpu"
        Of networks.
    checkpoints : Path, optional
        Folder for the states of networks, so that one that was interrupted goes on.
    cache : Path, optional
        Folder for what frozen parts of networks make of each row, for other runs.
    progress : bool, default False
        Show on a terminal how far the training of a network is.
    """

    workers: int = 1
    device: str = "cpu"
    checkpoints: Path | None = None
    cache: Path | None = None
    progress: bool = False


def choose_device(model: ModelSettings, wanted: Device) -> str:
    """Return the device that a model is trained on.

    Parameters
    ----------
    model : ModelSettings
        Only networks are trained elsewhere than on the CPU.
    wanted : {"cpu", "cuda", "auto"}
        "auto" takes a GPU where torch finds one.

    Returns
    -------
    str
        "cpu" or "cuda".

    Raises
    ------
    TrainingError
        If there is no such device, or the model cannot be trained on it.

    Examples
    --------
    >>> from serkit.models.networks import DenseSettings
    >>> choose_device(DenseSettings(), "cpu")
    'cpu'
    """
    if wanted not in ("cpu", "cuda", "auto"):
        raise TrainingError(f"device {wanted}: not one of cpu, cuda, auto")
    if wanted == "cpu":
        return "cpu"
    if not isinstance(model, NetworkSettings):
        if wanted == "auto":
            return "cpu"
        raise TrainingError(f"device cuda: {model.name} is trained on the CPU", hint="only networks are not")
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if wanted == "auto":
        return "cpu"
    raise TrainingError("device cuda: torch finds no GPU", hint="check its driver, or use --device cpu")


@contextmanager
def limited_threads(threads: int, *, torch_too: bool) -> Iterator[None]:
    """Compute in so many threads: last bits differ with their number."""
    from joblib import parallel_config
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    if threads < 1:
        raise TrainingError(f"threads: {threads} is below 1")
    with threadpool_limits(threads), parallel_config("loky", inner_max_num_threads=1):
        if not torch_too:
            yield
            return
        with _torch_threads(threads):
            yield


@contextmanager
def _torch_threads(threads: int) -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)

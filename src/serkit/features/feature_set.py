"""FeatureSet: the front end of a model, from a recording to the array that the model sees."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from serkit.audio import Clip, check_duration
from serkit.errors import FeatureError
from serkit.features.audio_spec import AudioSpec

# pydantic reads these at run time.
from serkit.features.block import Block, FrameLength, Functionals, HopLength  # noqa: TC001
from serkit.features.frames import Analysis, Floats, Framing, PadMode, Precision, Window

if TYPE_CHECKING:
    from collections.abc import Callable

# Raised whenever the same settings give other values than before.
FEATURE_VERSION = 3

Layout = Literal["vector", "contours", "sequence", "image"]


class FeatureSet(BaseModel):
    """Blocks of descriptors, how they are framed and how they are laid out.

    Attributes
    ----------
    name : str, default ""
        For people; it changes nothing.
    audio : AudioSpec
        What is done to the recording first.
    n_fft : int, default 2048
        Samples in a frame.
    hop_length : int, default 512
        Samples between two frames.
    window : {"hann", "hamming"}, default "hann"
        Weight of the samples of a frame.
    pad_mode : {"constant", "reflect"}, default "constant"
        What stands before and after the signal. "reflect" was librosa's default before 0.9.
    blocks : tuple of Block
        At least one.
    functionals : tuple of str, default ("mean",)
        What contours are turned into numbers by, in the layout "vector".
    layout : {"vector", "contours", "sequence", "image"}, default "vector"
        "vector": functionals of every row. "contours": the contours end to end.
        "sequence": (n_frames, n_rows). "image": (n_rows, n_frames).

    Examples
    --------
    >>> feature_set = FeatureSet(blocks=({"name": "mfcc", "n_mfcc": 2},), functionals=("mean", "std"))
    >>> feature_set.names
    ('mfcc_00_mean', 'mfcc_00_std', 'mfcc_01_mean', 'mfcc_01_std')
    >>> tone = np.sin(np.arange(16_000) / 8).astype(np.float32)
    >>> feature_set.extract(Clip(tone, 16_000)).shape
    (4,)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = ""
    audio: AudioSpec = AudioSpec()
    n_fft: FrameLength = 2048
    hop_length: HopLength = 512
    window: Window = "hann"
    pad_mode: PadMode = "constant"
    blocks: tuple[Block, ...] = Field(min_length=1)
    functionals: Functionals = ("mean",)
    layout: Layout = "vector"

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.layout != "vector":
            self._check_frames()
        if self.layout == "contours" and self.audio.n_samples is None:
            raise FeatureError(
                "layout contours: its length needs audio.duration_s and audio.pad", hint="set both"
            )
        name, times = Counter(self._row_names).most_common(1)[0]
        if times > 1:
            raise FeatureError(f"two blocks have rows named {name!r}", hint="give one of the blocks a label")
        return self

    def _check_frames(self) -> None:
        """Raise FeatureError if a block has no frames to lay out, or other ones than the rest."""
        for block in self.blocks:
            if not block.descriptor.per_frame:
                raise FeatureError(
                    f"layout {self.layout}: {block.name} describes the whole signal, not its frames"
                )
            of_functionals = block.functionals or block.delta_functionals or block.over != "all"
            if of_functionals or block.transform_of != "frames":
                raise FeatureError(
                    f"layout {self.layout}: {block.name} has settings of functionals, which only vector takes"
                )
        if len({self._framing(block).hop_length for block in self.blocks}) > 1:
            raise FeatureError(f"layout {self.layout}: blocks differ in hop_length", hint="give all the same")
        if len({block.descriptor.drops_last for block in self.blocks}) > 1:
            raise FeatureError(f"layout {self.layout}: some blocks leave out the last frame, others do not")

    @property
    def minimum_s(self) -> float:
        """Shortest recording that is enough, s: the offset and one frame."""
        longest = max(self._framing(block).n_fft for block in self.blocks)
        return self.audio.offset_s + longest / self.audio.sampling_rate

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each value of a vector or of contours, or of each row of a sequence or an image."""
        if self.layout == "vector":
            return tuple(name for block in self.blocks for name in block.value_names(self.functionals))
        if self.layout == "contours":
            return tuple(
                f"{row}_frame_{t:03d}" for row in self._row_names for t in range(self._n_frames or 0)
            )
        return self._row_names

    @property
    def shape(self) -> tuple[int | None, ...]:
        """Shape of what `extract` returns; None is a number of frames that depends on the recording."""
        if self.layout == "sequence":
            return self._n_frames, len(self.names)
        if self.layout == "image":
            return len(self.names), self._n_frames
        return (len(self.names),)

    @property
    def weights(self) -> Floats:
        """Weight of each of `names`: that of its block."""
        per_row = self._n_frames or 0 if self.layout == "contours" else 1
        vector = self.layout == "vector"
        counts = [
            len(b.value_names(self.functionals) if vector else b.row_names) * per_row for b in self.blocks
        ]
        return np.repeat(np.array([block.weight for block in self.blocks], dtype=np.float32), counts)

    @property
    def key(self) -> str:
        """Hash of all settings that change the result, and of nothing else; 32 hexadecimal digits."""
        audio = self.audio.model_dump(exclude={"pad"} if self.audio.duration_s is None else None)
        settings = {
            "version": FEATURE_VERSION,
            "audio": audio,
            "layout": self.layout,
            "blocks": [self._settings(block) for block in self.blocks],
        }
        canonical = json.dumps(settings, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:32]

    def extract(self, clip: Clip, *, alter: Callable[[Clip], Clip] | None = None) -> Floats:
        """Compute the features of a recording.

        Parameters
        ----------
        clip : Clip
            A recording at any rate.
        alter : callable, optional
            What augmentation does to the stretch that the features describe, before it is filled up.

        Returns
        -------
        ndarray of float32
            Of `shape`.

        Raises
        ------
        TooShortError
            If the recording is shorter than `minimum_s`.
        SilentSignalError
            If the stretch is digital silence.
        FeatureError
            If a descriptor cannot be computed with its parameters at this rate, or gives NaN.
        """
        check_duration(clip, self.minimum_s)
        prepared = self.audio.prepare(clip, alter=alter)
        analysis = Analysis(prepared.signal, prepared.sampling_rate)
        features = self._vector(analysis) if self.layout == "vector" else self._frames(analysis)
        self._check_finite(features, clip.source)
        return features

    def _vector(self, analysis: Analysis) -> Floats:
        parts = [block.values(analysis, self._framing(block), self.functionals) for block in self.blocks]
        return np.concatenate(parts)

    def _frames(self, analysis: Analysis) -> Floats:
        rows = np.concatenate([block.contours(analysis, self._framing(block)) for block in self.blocks])
        if self.layout == "contours":
            return rows.ravel()
        return np.ascontiguousarray(rows.T) if self.layout == "sequence" else rows

    def _check_finite(self, features: Floats, source: str) -> None:
        finite = np.isfinite(features)
        if not finite.all():
            axis = 1 if self.layout == "sequence" else 0
            name = self.names[np.argwhere(~finite)[0][axis]]
            raise FeatureError(
                f"{source}: {name} is not a finite number", hint="leave out its transform or block"
            )

    def _framing(self, block: Block) -> Framing:
        n_fft, hop_length = block.n_fft or self.n_fft, block.hop_length or self.hop_length
        return Framing(n_fft, hop_length, self.window, self.pad_mode, self._precision)

    @cached_property
    def _precision(self) -> Precision:
        """Of the spectra: all blocks share them, and the most exacting decides."""
        return "float64" if any(block.descriptor.precise for block in self.blocks) else "float32"

    def _settings(self, block: Block) -> dict[str, Any]:
        """List what changes the values of a block, defaults written out."""
        settings: dict[str, Any] = {
            "name": block.name,
            "parameters": block.parameters,
            "transform": block.transform,
        }
        if block.descriptor.per_frame:
            settings |= self._framing(block)._asdict()
            # There was no other once: so the keys from then hold.
            if self._precision == "float64":
                del settings["precision"]
            settings |= {"combine": block.combine, "deltas": block.deltas}
            if self.layout == "vector":
                functionals, of_deltas = block.chosen_functionals(self.functionals)
                settings |= {"functionals": functionals, "delta_functionals": of_deltas}
                settings |= {"over": block.over, "transform_of": block.transform_of}
        return settings

    @property
    def _row_names(self) -> tuple[str, ...]:
        return tuple(name for block in self.blocks for name in block.row_names)

    @property
    def _n_frames(self) -> int | None:
        n_samples, block = self.audio.n_samples, self.blocks[0]
        if n_samples is None:
            return None
        return n_samples // self._framing(block).hop_length + (not block.descriptor.drops_last)

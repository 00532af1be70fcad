"""Every mistake that serkit reports, one class each.

A message names the input, the rule that it broke and the way out, on one line::

    SerkitError
    ├── AudioError
    │   ├── AudioNotFoundError       no such file
    │   ├── AudioIsFolderError       a folder where a recording was expected
    │   ├── EmptyFileError           a file of zero bytes
    │   ├── LfsPointerError          a Git LFS pointer instead of the recording
    │   ├── NotAudioError            no decoder knows the content
    │   ├── DamagedAudioError        truncated or damaged; says what could be read
    │   ├── NoSamplesError           audio without a single sample
    │   ├── NonFiniteSignalError     NaN or infinity among the samples
    │   ├── SilentSignalError        digital silence
    │   ├── TooShortError            shorter than the model or the features need
    │   └── InvalidSignalError       wrong array shape, dtype, sampling rate, start or end
    ├── CorpusError                  a corpus folder or table that cannot be scanned
    │   ├── ManifestError            a manifest that breaks its schema
    │   └── DownloadError            a download that failed or whose checksum is wrong
    ├── AugmentError                 an alteration that cannot be made
    ├── FeatureError                 a feature set that cannot be computed
    ├── SplitError                   a split that cannot be made
    │   └── LeakError                a speaker, a recording or an augmentation parent on both sides
    ├── RecipeError                  an unknown recipe, or a recipe with a wrong value
    ├── WeightsError                 published weights that cannot be had, or are not what they should be
    ├── TrainingError                a run that cannot be started, resumed or finished
    ├── BundleError                  a saved model that must not be used
    │   ├── BundleNotFoundError      no such bundle
    │   └── BundleIntegrityError     a changed byte, a wrong label list, rate or version
    ├── ExportError                  an ONNX model that does not equal its original
    └── MissingDependencyError       an optional library that this call needs
"""

from __future__ import annotations


class SerkitError(Exception):
    """A mistake that the user can mend.

    Parameters
    ----------
    problem : str
        What is wrong: the input and the rule that it broke.
    hint : str, default ""
        The way out.

    Examples
    --------
    >>> print(SerkitError("a.wav: no such file", hint="check the path"))
    a.wav: no such file; check the path
    """

    def __init__(self, problem: str, *, hint: str = "") -> None:
        super().__init__(problem, hint)
        self.problem = problem
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.problem}; {self.hint}" if self.hint else self.problem

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword-only arguments do not survive pickling by default, and workers send errors home.
        return (_rebuild, (type(self), self.problem, self.hint))


def _rebuild(kind: type[SerkitError], problem: str, hint: str) -> SerkitError:
    return kind(problem, hint=hint)


class AudioError(SerkitError):
    """A recording that cannot be used."""


class AudioNotFoundError(AudioError, FileNotFoundError):
    """No such file."""


class AudioIsFolderError(AudioError, IsADirectoryError):
    """A folder where a recording was expected."""


class EmptyFileError(AudioError):
    """A file of zero bytes."""


class LfsPointerError(AudioError):
    """A Git LFS pointer instead of the recording that it points to."""


class NotAudioError(AudioError):
    """Content that no decoder knows."""


class DamagedAudioError(AudioError):
    """A truncated or damaged recording."""


class NoSamplesError(AudioError):
    """Audio without a single sample."""


class NonFiniteSignalError(AudioError, ValueError):
    """NaN or infinity among the samples."""


class SilentSignalError(AudioError):
    """Digital silence: no sample differs from zero."""


class TooShortError(AudioError):
    """A signal shorter than the model or the features need."""


class InvalidSignalError(AudioError, ValueError):
    """An array, sampling rate, start or end that no signal can have."""


class CorpusError(SerkitError):
    """A corpus folder or table that cannot be scanned."""


class ManifestError(CorpusError):
    """A manifest that breaks its schema."""


class DownloadError(CorpusError):
    """A download that failed, or whose checksum is wrong."""


class AugmentError(SerkitError, ValueError):
    """An alteration of a clip that is not known or cannot be made."""


class FeatureError(SerkitError, ValueError):
    """A feature set that cannot be computed."""


class SplitError(SerkitError, ValueError):
    """A split that cannot be made."""


class LeakError(SplitError):
    """A speaker, a recording or an augmentation parent that stands on both sides of a split."""


class RecipeError(SerkitError):
    """An unknown recipe, or a recipe with a wrong key or value."""


class WeightsError(SerkitError):
    """Published weights that cannot be had, or are not what they should be."""


class TrainingError(SerkitError):
    """A run that cannot be started, resumed or finished."""


class BundleError(SerkitError):
    """A saved model that must not be used."""


class BundleNotFoundError(BundleError):
    """No such bundle."""


class BundleIntegrityError(BundleError):
    """A bundle with a changed byte, or with labels, rate or version that do not fit."""


class ExportError(SerkitError):
    """An exported model whose output differs from the original."""


class MissingDependencyError(SerkitError, ImportError):
    """An optional library that this call needs and that is not installed."""

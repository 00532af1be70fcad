"""Recordings: load them from any container, and shape their signal."""

from serkit.audio.clip import (
    Clip,
    check_audible,
    check_duration,
    clip_from_array,
    fix_length,
    normalise_level,
    resample,
    trim_silence,
)
from serkit.audio.load import AUDIO_SUFFIXES, AudioInfo, find_audio_files, load_audio, probe_audio

__all__ = [
    "AUDIO_SUFFIXES",
    "AudioInfo",
    "Clip",
    "check_audible",
    "check_duration",
    "clip_from_array",
    "find_audio_files",
    "fix_length",
    "load_audio",
    "normalise_level",
    "probe_audio",
    "resample",
    "trim_silence",
]

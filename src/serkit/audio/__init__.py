"""Recordings: load them from any container, and shape their signal."""

from serkit.audio.clip import Clip, check_audible, check_duration, clip_from_array
from serkit.audio.load import load_audio, probe_audio
from serkit.audio.recording import AudioInfo
from serkit.audio.source import AUDIO_SUFFIXES, AudioSource, find_audio_files
from serkit.audio.stream import Resampler, stream_audio
from serkit.audio.transforms import Level, fix_length, normalise_level, resample, trim_silence

__all__ = [
    "AUDIO_SUFFIXES",
    "AudioInfo",
    "AudioSource",
    "Clip",
    "Level",
    "Resampler",
    "check_audible",
    "check_duration",
    "clip_from_array",
    "find_audio_files",
    "fix_length",
    "load_audio",
    "normalise_level",
    "probe_audio",
    "resample",
    "stream_audio",
    "trim_silence",
]

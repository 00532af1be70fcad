"""The input of Whisper: mel power in decades, its range limited [1]_.

References
----------
.. [1] Radford, A. et al. (2023). Robust speech recognition via large-scale weak supervision. ICML.
"""

from __future__ import annotations

import numpy as np

from serkit.features.descriptors import Count, mel

# The catalogue reads these in the signature.
from serkit.features.frames import Analysis, Floats, Framing  # noqa: TC001

LOWEST_POWER = 1e-10
RANGE_DECADES = 8.0


def log_mel(analysis: Analysis, framing: Framing, *, n_mels: Count = 80) -> Floats:
    """Power in mel bands as Whisper takes it, about -1 to 1.5, `n_mels` rows; the last frame is left out."""
    power = mel(analysis, framing, n_mels=n_mels)[:, :-1]
    decades: Floats = np.log10(np.maximum(power, LOWEST_POWER))
    limited: Floats = (np.maximum(decades, decades.max() - RANGE_DECADES) + 4) / 4
    return limited

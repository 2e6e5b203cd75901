"""FLightASIC: from networks whose weights are sums of powers of two to measured silicon."""

__version__ = "0.1.0"

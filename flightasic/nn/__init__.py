"""Training: FLightNN and baseline quantisers as torch layers, and the export to an integer network."""

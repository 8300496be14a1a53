"""Where images come from: sets, downloads, folders, CSV files, uploads."""

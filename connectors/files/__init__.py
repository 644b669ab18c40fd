"""An agency with nothing but a folder: questions and results as tables in files."""

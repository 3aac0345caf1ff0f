"""What people read of a run: page, workbook, tables and files."""

"""What people read of a schedule of reductions: workbook, page and figures."""

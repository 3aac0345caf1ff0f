"""What people read of a joint purchase: plan, award, division and trial as workbook, page and figures."""

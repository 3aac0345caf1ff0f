"""What people read of a supplier's plan: workbook, page, figures, and the words for each house."""

"""Money (资金): payments, refunds, vouchers, statements and pay-outs, and whether they agree to the cent."""

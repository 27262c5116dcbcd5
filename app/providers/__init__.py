"""The four services over HTTP: one core (`client`, `limits`, `errors`) and one module per vendor. No Qt."""

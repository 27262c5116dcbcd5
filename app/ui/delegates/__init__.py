"""How cells of tables draw themselves."""

"""Everything Ballast does off chain: integer twins of the contracts, keeper, simulator."""

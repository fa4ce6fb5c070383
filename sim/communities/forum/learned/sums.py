"""Weighted sums that come out the same, to the last bit, whatever is summed beside them."""

import numpy as np


def weighed(coefficients: np.ndarray, table: np.ndarray) -> np.ndarray:
    """The sum (n,) of the rows of a table (terms, n), C order, each times its coefficient, which the table then holds.

    Rows are added one after the other; a product of matrices would add them in an order that depends on their number.
    """
    table *= coefficients[:, None]
    if table.shape[1] == 1:  # numpy would sum a single column in another order
        return np.add.accumulate(table, axis=0)[-1]
    return np.asarray(np.add.reduce(table, axis=0))

"""Writes the example data: two tables that scikit-learn carries, with columns renamed to snake_case and nothing made up.

    pip install scikit-learn pandas && python examples/data/generate.py

breast-masses.csv   Breast Cancer Wisconsin (Diagnostic), Street, Wolberg and Mangasarian 1993 (CC BY 4.0)
wine-cultivars.csv  Wine recognition, Forina et al. 1988 (CC BY 4.0)

The ids are the numbers of the rows: scikit-learn leaves the original ones out. There is no date in either source.
"""

from pathlib import Path

from sklearn.datasets import load_breast_cancer, load_wine

HERE = Path(__file__).parent


def snake(name: str) -> str:
    """`radius error` is what the source calls the standard error of the radius."""
    return name.replace(" error", " standard error").replace("/", "_").replace(" ", "_")


def breast_masses():
    table = load_breast_cancer(as_frame=True).frame.rename(columns=snake)
    # scikit-learn has 0 for malignant; a target that is called malignant says it with 1.
    table["malignant"] = 1 - table.pop("target")
    table.insert(0, "mass_id", [f"mass-{number:03}" for number in range(1, len(table) + 1)])
    return table


def wine_cultivars():
    table = load_wine(as_frame=True).frame.rename(columns=snake)
    table = table.rename(columns={"od280_od315_of_diluted_wines": "od280_od315", "target": "cultivar"})
    table.insert(0, "wine_id", [f"wine-{number:03}" for number in range(1, len(table) + 1)])
    return table


if __name__ == "__main__":
    breast_masses().to_csv(HERE / "breast-masses.csv", index=False, lineterminator="\n")
    wine_cultivars().to_csv(HERE / "wine-cultivars.csv", index=False, lineterminator="\n")

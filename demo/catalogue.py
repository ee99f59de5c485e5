"""What the demo company sells, where, and to whom. Data only."""

from dataclasses import dataclass
from typing import Final

COMPANY_NAME: Final = "Lone Star Home Services"


@dataclass(frozen=True, slots=True)
class Part:
    """An item sold by the piece; its price in cents."""

    item: str
    description: str
    price_cents: int
    is_taxable: bool = True


@dataclass(frozen=True, slots=True)
class Trade:
    """A department with what it sells; its hourly rate in cents."""

    name: str
    item: str
    hourly_cents: int
    work: tuple[str, ...]
    parts: tuple[Part, ...]
    terms: str = "Due on receipt"
    is_archived: bool = False


TRADES: Final = (
    Trade(
        "HVAC",
        "HVAC service",
        12500,
        (
            "Diagnosed no cooling; replaced capacitor",
            "Spring tune-up, 21 points",
            "Cleared condensate drain",
            "Replaced blower motor",
            "Installed thermostat and balanced registers",
        ),
        (
            Part("HVAC parts:Capacitor", "Capacitor 45/5 µF", 14900),
            Part("HVAC parts:Filter", 'Filter 16x25x4", MERV 11', 4250),
            Part("HVAC parts:Thermostat", "Smart thermostat", 28999),
            Part("HVAC parts:Refrigerant", "R-410A, per pound", 9800),
            Part("HVAC parts:Blower motor", "Blower motor ½ hp", 61750),
            Part("Maintenance plan", "Comfort Club, one year", 18900, is_taxable=False),
        ),
        terms="Net 30",
    ),
    Trade(
        "Plumbing",
        "Plumbing service",
        11000,
        (
            "Snaked main line, ran camera",
            "Rebuilt toilet in master bath",
            "Repaired slab leak in hall",
            "Replaced kitchen faucet",
            "Set 50-gallon water heater",
        ),
        (
            Part("Plumbing parts:Water heater", "Water heater, 50 gal, gas", 118900),
            Part("Plumbing parts:Faucet", "Kitchen faucet, pull-down", 21450),
            Part("Plumbing parts:PEX", 'PEX ¾", per foot', 185),
            Part("Plumbing parts:Disposal", "Disposal ¾ hp", 23999),
            Part("Plumbing parts:Fill valve", "Fill valve and flapper", 3475),
        ),
    ),
    Trade(
        "Electrical",
        "Electrical service",
        11500,
        (
            "Traced tripping breaker in garage",
            "Installed EV charger, 48 A",
            "Replaced panel, 200 A",
            "Added GFCI outlets on patio",
            "Hung ceiling fan in den",
        ),
        (
            Part("Electrical parts:Breaker", "AFCI breaker, 20 A", 6890),
            Part("Electrical parts:EV charger", "EV charger, hardwired", 74900),
            Part("Electrical parts:Panel", "Panel, 200 A, 40 spaces", 94500),
            Part("Electrical parts:Outlet", "GFCI outlet, weatherproof", 3995),
            Part("Permit", "City permit", 8500, is_taxable=False),
        ),
        terms="Net 15",
    ),
    Trade(
        "Drains & Sewers",
        "Drain service",
        13500,
        (
            "Hydro-jetted sewer lateral",
            "Camera inspection with report",
            "Replaced clean-out cap",
            "Root treatment",
        ),
        (
            Part("Drain parts:Clean-out", 'Clean-out, 4"', 7600),
            Part("Drain parts:Liner", "Epoxy liner, per foot", 14500),
            Part("Disposal fee", "Spoils disposal", 9500, is_taxable=False),
        ),
    ),
)

ARCHIVED_TRADE: Final = Trade(
    "Chimney Care",
    "Chimney service",
    9500,
    ("Swept flue, level 1 inspection", "Replaced chimney cap"),
    (Part("Chimney parts:Cap", "Stainless cap", 18900),),
    is_archived=True,
)
"""Archived, but with documents that were not batched yet."""

COUPON_ITEM: Final = "Marketing Coupons"
COUPON_CLASS: Final = "Promotions"
COUPONS: Final = (("FALL25", 2500), ("NEIGHBOR10", 1000), ("HELLO-50", 5000))
"""Promo code → its discount in cents."""


@dataclass(frozen=True, slots=True)
class City:
    name: str
    postal_code: str
    tax_code: str
    tax_rate: str


CITIES: Final = (
    City("Austin", "78701", "Austin", "8.25"),
    City("Austin", "78745", "Austin", "8.25"),
    City("Round Rock", "78664", "Round Rock", "8.25"),
    City("San Marcos", "78666", "San Marcos", "8.25"),
    City("Marble Falls", "78654", "Marble Falls", "8.25"),
    City("Wimberley", "78676", "Hays County", "6.75"),
    City("Dripping Springs", "78620", "Hays County", "6.75"),
)
STREETS: Final = (
    "Elm St",
    "Barton Springs Rd",
    "Guadalupe St",
    "Río Grande St",
    "S Congress Ave",
    "O'Neal Ln",
    "W 6th St, Unit B",
    "Shoal Creek Blvd",
    "Farm-to-Market Rd 12",
)
FIRST_NAMES: Final = (
    "Jane",
    "José",
    "Siobhán",
    "Zoë",
    "Renée",
    "Marcus",
    "Nguyễn",
    "Aaliyah",
    "Björn",
    "Łucja",
    "Ana María",
    "Dwayne",
    "Priya",
    "François",
    "Ruth",
    "Tomás",
    "Emily",
    "Хелена",
    "Grace",
    "Wei",
)
LAST_NAMES: Final = (
    "Doe",
    "O'Connor",
    "Núñez",
    "D'Angelo",
    "Müller",
    "Van der Berg",
    "Smith-Jones",
    "Kowalska",
    "Okafor",
    "Garza",
    "Tremblay",
    "Patel",
    "Whitfield",
    "Åkesson",
    "Dvořák",
    "Lee",
    "St. John",
    "Brontë",
)
BUSINESSES: Final = (
    "O'Brien & Sons Café",
    "Hill Country Dental, PLLC",
    "La Peñita Taquería",
    "Bluebonnet Elementary PTA",
    "Zilker Park Lofts HOA",
    '"The Wrench" Garage',
    "Stone + Mortar Architects",
    "日本庭園 Garden Supply",
)

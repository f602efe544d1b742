"""The programmes of the school-age schedule and the vaccines used in them.

Source: vaccination and people §1.1 and §1.3.
"""

from django.db import migrations

PROGRAMMES = [
    # key, name, year groups, seasonal, highest dose number
    ("hpv", "HPV", range(8, 12), False, 3),
    ("flu", "Flu", range(12), True, 2),
    ("menacwy", "MenACWY", range(9, 12), False, 3),
    ("td_ipv", "Td/IPV", range(9, 12), False, 6),
    ("mmr", "MMR", range(12), False, 2),
]
MSD = "Merck Sharp & Dohme"
GSK = "GlaxoSmithKline"
VACCINES = [
    # programme, brand, manufacturer, method, name in files, SNOMED product, discontinued
    ("hpv", "Gardasil 9", MSD, "injection", "Gardasil9", "33493111000001108", False),
    ("hpv", "Gardasil", MSD, "injection", "Gardasil", "10880211000001104", True),
    ("hpv", "Cervarix", GSK, "injection", "Cervarix", "12238911000001100", True),
    ("flu", "Fluenz", "AstraZeneca", "nasal", "AstraZeneca Fluenz", "43208811000001106", False),
    ("flu", "Vaxigrip", "Sanofi", "injection", "Sanofi Vaxigrip", "45175511000001104", False),
    ("menacwy", "MenQuadfi", "Sanofi", "injection", "MenQuadfi", "39779611000001104", False),
    ("menacwy", "Menveo", GSK, "injection", "Menveo", "17188711000001105", False),
    ("menacwy", "Nimenrix", "Pfizer", "injection", "Nimenrix", "20517811000001104", False),
    ("mmr", "Priorix", GSK, "injection", "Priorix", "34925111000001104", False),
    ("mmr", "MMR VaxPro", MSD, "injection", "VaxPro", "13968211000001108", False),
    ("td_ipv", "Revaxis", "Sanofi", "injection", "Revaxis", "7374511000001107", False),
]


def add(apps, schema_editor):
    programme_model = apps.get_model("programmes", "Programme")
    vaccine_model = apps.get_model("programmes", "Vaccine")
    for key, name, years, seasonal, doses in PROGRAMMES:
        programme_model.objects.create(
            key=key,
            name=name,
            year_groups=list(years),
            is_seasonal=seasonal,
            maximum_dose_sequence=doses,
        )
    for programme, brand, manufacturer, method, upload_name, snomed, discontinued in VACCINES:
        vaccine_model.objects.create(
            programme_id=programme,
            brand=brand,
            manufacturer=manufacturer,
            method=method,
            upload_name=upload_name,
            snomed_product_code=snomed,
            is_discontinued=discontinued,
        )


def remove(apps, schema_editor):
    apps.get_model("programmes", "Vaccine").objects.all().delete()
    apps.get_model("programmes", "Programme").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("programmes", "0001_initial")]
    operations = [migrations.RunPython(add, remove)]

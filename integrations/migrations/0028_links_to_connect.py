from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0027_identity_provider"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="connectlink",
            options={
                "verbose_name": "link to connect",
                "verbose_name_plural": "links to connect",
            },
        ),
    ]

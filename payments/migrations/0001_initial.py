import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('invoices', '0001_initial'),
        ('sera_batching', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='Payment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fed_digest', models.CharField(blank=True, default='', editable=False, max_length=64)),
                ('number', models.CharField(max_length=64)),
                ('state', models.CharField(choices=[('active', 'Active'), ('disputed', 'Disputed'), ('removed', 'Removed')], default='active', max_length=10)),
                ('is_settled', models.BooleanField(db_default=True, default=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, editable=False)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='invoices.customer')),
            ],
            options={
                'ordering': ['number'],
                'permissions': [('take_payment', 'Can take a payment'), ('refund_payment', 'Can refund a payment'), ('reallocate_payment', 'Can allocate a payment to other invoices'), ('remove_payment', 'Can remove a payment'), ('dispute_payment', 'Can mark a payment as disputed or restored')],
                'indexes': [models.Index(condition=models.Q(('state', 'removed')), fields=['id'], name='payment_removed')],
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('number'), name='payment_number_is_unique', violation_error_message='There is a payment of that number already.'), models.CheckConstraint(condition=models.Q(('state__in', ['active', 'disputed', 'removed'])), name='payment_state_is_known', violation_error_message='Unknown state of a payment.')],
            },
        ),
        migrations.CreateModel(
            name='PaymentRevision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sequence', models.PositiveIntegerField()),
                ('date', models.DateField()),
                ('method', models.CharField(choices=[('card', 'Card'), ('ach', 'ACH'), ('cash', 'Cash'), ('check', 'Check'), ('external', 'External'), ('on_file', 'On file')], max_length=10)),
                ('reference', models.CharField(blank=True, max_length=255)),
                ('memo', models.TextField(blank=True)),
                ('amount_cents', models.BigIntegerField()),
                ('is_imported', models.BooleanField(db_default=False, default=False)),
                ('fingerprint', models.CharField(max_length=64)),
                ('frozen_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, editable=False)),
                ('reason', models.TextField(blank=True)),
                ('source', models.CharField(blank=True, max_length=500)),
                ('first_invoice', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='invoices.invoice')),
                ('frozen_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('job', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='invoices.job')),
                ('payment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='payments.payment')),
            ],
            options={
                'ordering': ['payment_id', 'sequence'],
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('payment', 'sequence'), name='payment_revision_sequence_is_unique', violation_error_message='Somebody else has just changed this payment.'), models.CheckConstraint(condition=models.Q(('amount_cents__gte', 0)), name='payment_revision_amount_is_not_negative', violation_error_message="A payment's amount is not negative.")],
            },
        ),
        migrations.AddField(
            model_name='payment',
            name='current_revision',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.paymentrevision'),
        ),
        migrations.CreateModel(
            name='Allocation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('amount_cents', models.BigIntegerField()),
                ('invoice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='allocations', to='invoices.invoice')),
                ('invoice_revision', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='invoices.invoicerevision')),
                ('revision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='allocations', to='payments.paymentrevision')),
            ],
            options={
                'ordering': ['revision_id', 'position'],
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('revision', 'position'), name='allocation_position_is_unique'), models.UniqueConstraint(fields=('revision', 'invoice'), name='allocation_names_an_invoice_once', violation_error_message='A payment is allocated to an invoice once.'), models.CheckConstraint(condition=models.Q(('amount_cents__gt', 0)), name='allocation_amount_is_positive', violation_error_message='An allocation is more than nothing.')],
            },
        ),
        migrations.CreateModel(
            name='Refund',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fed_digest', models.CharField(blank=True, default='', editable=False, max_length=64)),
                ('number', models.CharField(max_length=64)),
                ('date', models.DateField()),
                ('amount_cents', models.BigIntegerField()),
                ('method', models.CharField(choices=[('card', 'Card'), ('ach', 'ACH'), ('cash', 'Cash'), ('check', 'Check'), ('external', 'External'), ('on_file', 'On file')], max_length=10)),
                ('memo', models.TextField(blank=True)),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, editable=False)),
                ('source', models.CharField(blank=True, max_length=500)),
                ('payment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='payments.payment')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['number'],
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('number'), name='refund_number_is_unique', violation_error_message='There is a refund of that number already.'), models.CheckConstraint(condition=models.Q(('amount_cents__gt', 0)), name='refund_amount_is_positive', violation_error_message='A refund is more than nothing.')],
            },
        ),
    ]

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import django.db.models.functions.text
import django.utils.timezone
import sera_batching.models.company
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('sera_batching', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='AccountingClass',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=255)),
                ('state', models.CharField(choices=[('active', 'Active'), ('unverified', 'Unverified'), ('inactive', 'Inactive')], default='active', max_length=10)),
                ('first_seen_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, editable=False)),
            ],
            options={
                'verbose_name': 'class',
                'verbose_name_plural': 'classes',
                'ordering': [django.db.models.functions.text.Lower('name')],
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='class_name_is_unique', violation_error_message='There is a class of that name already.'), models.CheckConstraint(condition=models.Q(('state__in', ['active', 'unverified', 'inactive'])), name='class_state_is_known', violation_error_message='Unknown state of a class.')],
            },
        ),
        migrations.CreateModel(
            name='Customer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fed_digest', models.CharField(blank=True, default='', editable=False, max_length=64)),
                ('number', models.CharField(max_length=64)),
                ('name', models.CharField(max_length=255)),
                ('accounting_key', models.CharField(max_length=255)),
                ('email', models.CharField(blank=True, max_length=255)),
                ('billing_line1', models.TextField(blank=True)),
                ('billing_line2', models.TextField(blank=True)),
                ('billing_city', models.CharField(blank=True, max_length=255)),
                ('billing_state', models.CharField(blank=True, max_length=255)),
                ('billing_postal_code', models.CharField(blank=True, max_length=64)),
                ('billing_country', models.CharField(blank=True, max_length=255)),
                ('has_service_address', models.BooleanField(db_default=False, default=False)),
                ('service_line1', models.TextField(blank=True)),
                ('service_line2', models.TextField(blank=True)),
                ('service_city', models.CharField(blank=True, max_length=255)),
                ('service_state', models.CharField(blank=True, max_length=255)),
                ('service_postal_code', models.CharField(blank=True, max_length=64)),
                ('service_country', models.CharField(blank=True, max_length=255)),
                ('is_tax_exempt', models.BooleanField(db_default=False, default=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, editable=False)),
                ('merged_into', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged', to='invoices.customer')),
            ],
            options={
                'ordering': ['name', 'number'],
                'permissions': [('change_accounting_key', "Can change a customer's accounting key"), ('merge_customers', 'Can merge two customers')],
                'indexes': [models.Index(fields=['name', 'id'], name='customer_by_name')],
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('number'), name='customer_number_is_unique', violation_error_message='There is a customer of that number already.'), models.UniqueConstraint(django.db.models.functions.text.Lower('accounting_key'), name='customer_accounting_key_is_unique', violation_error_message='Another customer has that accounting key.'), models.CheckConstraint(condition=models.Q(('merged_into', models.F('id')), _negated=True), name='customer_is_not_merged_into_itself', violation_error_message='A customer is not merged into itself.')],
            },
        ),
        migrations.CreateModel(
            name='Department',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fed_digest', models.CharField(blank=True, default='', editable=False, max_length=64)),
                ('name', models.CharField(max_length=100)),
                ('timezone', models.CharField(default='America/Chicago', max_length=64, validators=[sera_batching.models.company.check_time_zone])),
                ('default_item', models.CharField(blank=True, max_length=255)),
                ('default_class', models.CharField(blank=True, max_length=255)),
                ('terms', models.CharField(blank=True, max_length=100)),
                ('is_archived', models.BooleanField(db_default=False, default=False)),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='department_name_is_unique', violation_error_message='There is a department of that name already.')],
            },
        ),
        migrations.CreateModel(
            name='Invoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fed_digest', models.CharField(blank=True, default='', editable=False, max_length=64)),
                ('number', models.CharField(max_length=64)),
                ('status', models.CharField(choices=[('pending', 'Pending'), ('finalized', 'Finalized'), ('void', 'Void'), ('cancelled', 'Cancelled')], default='pending', max_length=10)),
                ('is_on_hold', models.BooleanField(db_default=False, default=False, verbose_name='Do Not Batch')),
                ('hold_note', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, editable=False)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invoices', to='invoices.customer')),
            ],
            options={
                'ordering': ['number'],
                'permissions': [('approve_invoice', 'Can approve an invoice'), ('edit_invoice', 'Can edit an invoice'), ('void_invoice', 'Can void an invoice'), ('cancel_invoice', 'Can cancel an invoice'), ('hold_invoice', 'Can hold an invoice back from batching')],
                'indexes': [models.Index(condition=models.Q(('is_on_hold', True)), fields=['id'], name='invoice_on_hold')],
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('number'), name='invoice_number_is_unique', violation_error_message='There is an invoice of that number already.'), models.CheckConstraint(condition=models.Q(('status__in', ['pending', 'finalized', 'void', 'cancelled'])), name='invoice_status_is_known', violation_error_message='Unknown status of an invoice.')],
            },
        ),
        migrations.CreateModel(
            name='CreditMemo',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fed_digest', models.CharField(blank=True, default='', editable=False, max_length=64)),
                ('number', models.CharField(max_length=64)),
                ('date', models.DateField()),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, editable=False)),
                ('source', models.CharField(blank=True, max_length=500)),
                ('invoice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='credit_memos', to='invoices.invoice')),
            ],
            options={
                'ordering': ['number'],
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('number'), name='credit_memo_number_is_unique', violation_error_message='There is a credit memo of that number already.')],
            },
        ),
        migrations.CreateModel(
            name='InvoiceDraft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('date', models.DateField()),
                ('due_date', models.DateField()),
                ('terms', models.CharField(blank=True, max_length=100)),
                ('memo', models.TextField(blank=True)),
                ('message', models.TextField(blank=True)),
                ('tax_name', models.CharField(blank=True, max_length=100)),
                ('tax_rate', models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True)),
                ('tax_cents', models.BigIntegerField(db_default=0, default=0)),
                ('subtotal_cents', models.BigIntegerField(db_default=0, default=0)),
                ('total_cents', models.BigIntegerField(db_default=0, default=0)),
                ('changed_at', models.DateTimeField(auto_now=True)),
                ('department', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='invoices.department')),
                ('invoice', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='draft', to='invoices.invoice')),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='InvoiceDraftLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('item', models.CharField(max_length=255)),
                ('description', models.TextField(blank=True)),
                ('quantity', models.DecimalField(decimal_places=6, max_digits=18)),
                ('rate', models.DecimalField(decimal_places=6, max_digits=18)),
                ('amount_cents', models.BigIntegerField()),
                ('is_taxable', models.BooleanField(db_default=False, default=False)),
                ('class_name', models.CharField(blank=True, max_length=255)),
                ('service_date', models.DateField(blank=True, null=True)),
                ('draft', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='invoices.invoicedraft')),
            ],
            options={
                'ordering': ['draft_id', 'position'],
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('draft', 'position'), name='invoice_draft_line_position_is_unique')],
            },
        ),
        migrations.CreateModel(
            name='InvoiceRevision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('date', models.DateField()),
                ('due_date', models.DateField()),
                ('terms', models.CharField(blank=True, max_length=100)),
                ('memo', models.TextField(blank=True)),
                ('message', models.TextField(blank=True)),
                ('tax_name', models.CharField(blank=True, max_length=100)),
                ('tax_rate', models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True)),
                ('tax_cents', models.BigIntegerField(db_default=0, default=0)),
                ('subtotal_cents', models.BigIntegerField(db_default=0, default=0)),
                ('total_cents', models.BigIntegerField(db_default=0, default=0)),
                ('sequence', models.PositiveIntegerField()),
                ('fingerprint', models.CharField(max_length=64)),
                ('frozen_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, editable=False)),
                ('reason', models.TextField(blank=True)),
                ('source', models.CharField(blank=True, max_length=500)),
                ('department', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='invoices.department')),
                ('frozen_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('invoice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='invoices.invoice')),
            ],
            options={
                'ordering': ['invoice_id', 'sequence'],
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('invoice', 'sequence'), name='invoice_revision_sequence_is_unique', violation_error_message='Somebody else has just approved this invoice.'), models.CheckConstraint(condition=models.Q(('total_cents', django.db.models.expressions.CombinedExpression(models.F('subtotal_cents'), '+', models.F('tax_cents')))), name='invoice_revision_total_adds_up', violation_error_message='The total is the lines plus the tax.'), models.CheckConstraint(condition=models.Q(('total_cents__gte', 0)), name='invoice_revision_total_is_not_negative', violation_error_message="An invoice's total is not negative.")],
            },
        ),
        migrations.CreateModel(
            name='InvoiceLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('item', models.CharField(max_length=255)),
                ('description', models.TextField(blank=True)),
                ('quantity', models.DecimalField(decimal_places=6, max_digits=18)),
                ('rate', models.DecimalField(decimal_places=6, max_digits=18)),
                ('amount_cents', models.BigIntegerField()),
                ('is_taxable', models.BooleanField(db_default=False, default=False)),
                ('class_name', models.CharField(blank=True, max_length=255)),
                ('service_date', models.DateField(blank=True, null=True)),
                ('revision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='invoices.invoicerevision')),
            ],
            options={
                'ordering': ['revision_id', 'position'],
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('revision', 'position'), name='invoice_line_position_is_unique')],
            },
        ),
        migrations.AddField(
            model_name='invoice',
            name='current_revision',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='invoices.invoicerevision'),
        ),
        migrations.CreateModel(
            name='Item',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=255)),
                ('state', models.CharField(choices=[('active', 'Active'), ('unverified', 'Unverified'), ('inactive', 'Inactive')], default='active', max_length=10)),
                ('first_seen_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, editable=False)),
            ],
            options={
                'ordering': [django.db.models.functions.text.Lower('name')],
                'permissions': [('view_catalogue', 'Can see departments, items and classes'), ('change_catalogue', 'Can change departments, items and classes')],
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='item_name_is_unique', violation_error_message='There is an item of that name already.'), models.CheckConstraint(condition=models.Q(('state__in', ['active', 'unverified', 'inactive'])), name='item_state_is_known', violation_error_message='Unknown state of an item.')],
            },
        ),
        migrations.CreateModel(
            name='Job',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fed_digest', models.CharField(blank=True, default='', editable=False, max_length=64)),
                ('number', models.CharField(max_length=64)),
                ('is_imported', models.BooleanField(db_default=False, default=False)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='jobs', to='invoices.customer')),
                ('department', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='jobs', to='invoices.department')),
            ],
            options={
                'ordering': ['number'],
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('number'), name='job_number_is_unique', violation_error_message='There is a job of that number already.')],
            },
        ),
        migrations.AddField(
            model_name='invoicerevision',
            name='job',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='invoices.job'),
        ),
        migrations.AddField(
            model_name='invoicedraft',
            name='job',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='invoices.job'),
        ),
        migrations.AddConstraint(
            model_name='invoice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['finalized', 'void']), _negated=True), ('current_revision__isnull', False), _connector='OR'), name='invoice_finalized_has_revision', violation_error_message='A finalized invoice has a frozen revision.'),
        ),
    ]

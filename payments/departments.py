"""A payment's department (domain.md §4). The list of payments has it in SQL, for the same rule."""

from invoices.models import Invoice, InvoiceDraft, InvoiceRevision, Job


def department_source(
    job: Job | None, first_invoice: Invoice | None
) -> Job | InvoiceRevision | InvoiceDraft | None:
    """Return what gives a payment its department, if anything does.

    That is its job, if the job has a department. Otherwise it is the first invoice that it is
    allocated to: the newest frozen revision, or the draft if the invoice was never finalized.
    """
    if job is not None and job.department_id is not None:
        return job
    if first_invoice is None:
        return None
    if first_invoice.current_revision is not None:
        return first_invoice.current_revision
    draft: InvoiceDraft | None = getattr(first_invoice, "draft", None)
    return draft

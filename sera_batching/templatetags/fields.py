"""How form fields look: Bootstrap's classes by the kind of widget."""

from django import forms, template
from django.forms import BoundField
from django.utils.safestring import SafeString

register = template.Library()


def class_of(widget: forms.Widget) -> str:
    """Return Bootstrap's class for a widget."""
    if isinstance(widget, forms.CheckboxInput | forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "form-check-input"
    if isinstance(widget, forms.Select):
        return "form-select"
    return "form-control"


@register.filter
def styled(field: BoundField) -> SafeString:
    """Render the field's widget with Bootstrap's classes, marked where its value is refused."""
    classes = [str(field.field.widget.attrs.get("class", "")), class_of(field.field.widget)]
    if field.errors:
        classes.append("is-invalid")
    return field.as_widget(attrs={"class": " ".join(filter(None, classes))})
